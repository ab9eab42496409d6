"""Which model pack is meant, by the order in which a user can say so."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from facemotion.store.paths import AppPaths, bundled_models_dir

PACK_VARIABLE: Final = "FACEMOTION_PACK"
"""Environment variable with the folder of a model pack, or the name of an installed one."""


def pack_roots(paths: AppPaths) -> tuple[Path, ...]:
    """Where installed packs are: folders among the models shipped, and the user's folder of packs.

    The folder of shipped models itself is no pack: the emotion model lies there. Where nobody has
    chosen a pack the first one counts, so that a pack that is only installed changes nothing.
    """
    return (*_shipped_packs(), paths.packs_dir)


def _shipped_packs() -> list[Path]:
    bundled = bundled_models_dir()
    return [] if bundled is None else sorted(path for path in bundled.iterdir() if path.is_dir())


def named_pack(
    paths: AppPaths,
    *choices: str,
    environment: Mapping[str, str] | None = None,
) -> Path | None:
    """The folder of the pack that somebody has named.

    Args:
        paths: The user's folders.
        *choices: What the command line says, then what the settings say; empty for nothing. The
            environment variable `PACK_VARIABLE` stands between the two.
        environment: Environment to read; the process's own by default.

    Returns:
        The folder, which need not exist, or None when nobody has named one: the first of
        `pack_roots` counts then.
    """
    variables = os.environ if environment is None else environment
    wanted = [*choices[:1], variables.get(PACK_VARIABLE, ""), *choices[1:]]
    first = next((text.strip() for text in wanted if text.strip()), None)
    return None if first is None else _folder_of(first, paths)


def _folder_of(text: str, paths: AppPaths) -> Path:
    """A bare name may be an installed pack; a folder of that name comes first."""
    path = Path(text).expanduser()
    if not path.exists() and path.name == text:
        for installed in (paths.packs_dir / text, *_shipped_packs()):
            if installed.name == text and installed.is_dir():
                return installed
    return path
