"""Where everything lies: the user's folders, and the files that come with the program."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from facemotion.core.errors import OutputError

APP_NAME = "facemotion"
HOME_VARIABLE = "FACEMOTION_HOME"
"""Environment variable that puts settings, people, packs and logs below one folder."""

_PACKAGE_DIR = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class AppPaths:
    """The user's folders; none of them need exist.

    Attributes:
        config_dir: Settings.
        data_dir: People, packs, window layout.
        log_dir: Log files.
        gallery_dir: One folder a person.
        packs_dir: Imported model packs, one folder a pack.
        sessions_dir: Recorded sessions, one folder a session.
    """

    config_dir: Path
    data_dir: Path
    log_dir: Path
    gallery_dir: Path
    packs_dir: Path
    sessions_dir: Path

    @classmethod
    def below(cls, home: Path) -> Self:
        """All folders below one, as `FACEMOTION_HOME` asks for."""
        data_dir = home / "data"
        return cls(
            config_dir=home / "config",
            data_dir=data_dir,
            log_dir=home / "logs",
            gallery_dir=data_dir / "gallery",
            packs_dir=data_dir / "packs",
            sessions_dir=data_dir / "sessions",
        )

    @classmethod
    def default(cls) -> Self:
        """The folders of this platform, or those below `FACEMOTION_HOME` when it is set."""
        home = os.environ.get(HOME_VARIABLE, "").strip()
        if home:
            return cls.below(Path(home).expanduser().resolve())
        import platformdirs

        dirs = platformdirs.PlatformDirs(APP_NAME, appauthor=False)
        data_dir = Path(dirs.user_data_dir)
        return cls(
            config_dir=Path(dirs.user_config_dir),
            data_dir=data_dir,
            log_dir=Path(dirs.user_log_dir),
            gallery_dir=data_dir / "gallery",
            packs_dir=data_dir / "packs",
            sessions_dir=data_dir / "sessions",
        )

    @property
    def settings_file(self) -> Path:
        """The settings file."""
        return self.config_dir / "settings.toml"

    @property
    def licences_file(self) -> Path:
        """Which licences of model packs were accepted."""
        return self.config_dir / "accepted_licences.toml"

    @property
    def debug_dir(self) -> Path:
        """Faces that debug mode saved, one folder each time."""
        return self.data_dir / "debug"

    @property
    def log_file(self) -> Path:
        """The log file that is written now."""
        return self.log_dir / "facemotion.log"

    def create(self) -> None:
        """Make every folder, readable by this user only.

        Raises:
            OutputError: A folder cannot be made.
        """
        for folder in self.folders:
            make_private_folder(folder)

    def create_what_can_be(self) -> list[Path]:
        """Make every folder, as `create` does, and go on where that is not possible.

        Returns:
            The folders that cannot be made or written, without those inside of another one.
        """
        refused = [folder for folder in self.folders if not _is_made_writable(folder)]
        return [folder for folder in refused if not set(folder.parents) & set(refused)]

    @property
    def folders(self) -> tuple[Path, ...]:
        """Every folder, those that others lie in first."""
        return (self.config_dir, self.data_dir, self.log_dir, self.gallery_dir, self.packs_dir)


def _is_made_writable(folder: Path) -> bool:
    try:
        make_private_folder(folder)
    except OutputError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def make_private_folder(folder: Path) -> None:
    """Make a folder and its parents, readable by this user only.

    Raises:
        OutputError: It cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"Cannot make the folder {folder}: {error.strerror or error}. Make it writable, or set "
            f"{HOME_VARIABLE} to a folder of your own."
        ) from error


def resource_path(name: str) -> Path:
    """Path of a file or folder of `resources`, for example ``"icons/app.svg"``.

    Raises:
        FileNotFoundError: The program does not have it.
    """
    return _bundled("resources", name)


def model_path(name: str) -> Path:
    """Path of a file or folder of `models`, for example ``"emotion.onnx"``.

    Raises:
        FileNotFoundError: The program does not have it.
    """
    return _bundled("models", name)


def bundled_models_dir() -> Path | None:
    """The folder of models that come with the program, or None when there is none."""
    for root in _bundle_roots():
        if (root / "models").is_dir():
            return root / "models"
    return None


def _bundled(kind: str, name: str) -> Path:
    for root in _bundle_roots():
        path = root / kind / name
        if path.exists():
            return path
    raise FileNotFoundError(f"{kind}/{name} is missing from this installation of {APP_NAME}")


def _bundle_roots() -> tuple[Path, ...]:
    """Frozen application, installed wheel, source checkout: the first that has the file counts."""
    roots = [_PACKAGE_DIR / "_bundled", _PACKAGE_DIR.parent]
    frozen_dir = getattr(sys, "_MEIPASS", None)
    if frozen_dir is not None:
        roots = [Path(frozen_dir), Path(frozen_dir) / APP_NAME / "_bundled"]
    return tuple(roots)
