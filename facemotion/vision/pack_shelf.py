"""All packs that there are for a user: installed, broken, and to be had."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from facemotion.core.errors import ModelError
from facemotion.vision.pack_catalogue import BUILTIN_ID, CATALOGUE, PackDescription
from facemotion.vision.pack_install import is_removable, partial_bytes
from facemotion.vision.packs import Pack, open_pack


@dataclass(frozen=True, slots=True)
class ShelfPack:
    """One pack on the list.

    Attributes:
        pack_id: Short name: what `facemotion packs use` takes.
        title: A few words for the user.
        folder: Where it lies, or None when it is not installed.
        pack: What lies there, or None when it is not installed or cannot be used.
        description: What the catalogue knows about it, or None for packs of the user's own.
        is_builtin: Whether it comes with the program.
        is_removable: Whether it may be deleted.
        is_in_use: Whether it is the one in use.
        partial_bytes: What an unfinished download has left.
        problem: Why it cannot be used or trusted, and what to do; empty when all is well.
    """

    pack_id: str
    title: str
    folder: Path | None = None
    pack: Pack | None = None
    description: PackDescription | None = None
    is_builtin: bool = False
    is_removable: bool = False
    is_in_use: bool = False
    partial_bytes: int = 0
    problem: str = ""

    @property
    def is_installed(self) -> bool:
        """Whether it can be used now."""
        return self.pack is not None

    @property
    def licence(self) -> str:
        """Its terms in a line; empty when unknown."""
        if self.description is not None:
            return self.description.licence.title
        return self.pack.licence if self.pack is not None else ""

    @property
    def size_bytes(self) -> int:
        """What it takes on disk; for one to be had what has to be fetched."""
        if self.pack is not None:
            return self.pack.size_bytes
        return self.description.download_bytes if self.description is not None else 0

    @property
    def speed(self) -> str:
        """How fast it is: "fast", "medium" or "slow", or empty when nobody said."""
        if self.description is not None:
            return self.description.speed
        return self.pack.speed if self.pack is not None else ""

    @property
    def accuracy(self) -> str:
        """What was measured or published about recognition; empty for nothing."""
        if self.description is not None:
            return self.description.accuracy
        return self.pack.accuracy if self.pack is not None else ""

    @property
    def source(self) -> str:
        """Where it comes from; empty when unknown."""
        if self.description is not None:
            return self.description.source
        return self.pack.source if self.pack is not None else ""

    @property
    def embedding_dim(self) -> int:
        """Length of an embedding; 0 when it knows nobody."""
        if self.pack is not None:
            return self.pack.embedding_dim
        return self.description.embedding_dim if self.description is not None else 0


def read_shelf(
    packs_dir: Path, roots: Iterable[Path], in_use: Path | None = None
) -> tuple[ShelfPack, ...]:
    """Look through all packs; hashes every model, which takes a second for a gigabyte.

    Args:
        packs_dir: Where packs are installed.
        roots: Where installed packs are looked for (`store.pack_choice.pack_roots`).
        in_use: Folder of the pack in use, wherever it lies.

    Returns:
        The pack that comes with the program, then the installed ones by name, then those that can
        be downloaded, also to mend an installed one that was changed.
    """
    folders = _folders(packs_dir, roots, in_use)
    installed = [_on_shelf(folder, packs_dir, in_use) for folder in folders]
    installed.sort(key=_order)
    there = {entry.pack_id for entry in installed if entry.is_installed and not entry.problem}
    to_be_had = [_to_be_had(entry, packs_dir) for entry in CATALOGUE if entry.pack_id not in there]
    return (*installed, *to_be_had)


def find_on_shelf(shelf: Iterable[ShelfPack], name: str) -> ShelfPack:
    """A pack by its short name, its folder's name or its folder; installed ones first.

    Raises:
        ModelError: There is none of that name.
    """
    entries = sorted(shelf, key=_is_not_installed)
    for entry in entries:
        if name in (entry.pack_id, entry.folder.name if entry.folder is not None else None):
            return entry
    path = Path(name).expanduser()
    for entry in entries:
        if entry.folder is not None and path.exists() and path.resolve() == entry.folder.resolve():
            return entry
    known = ", ".join(dict.fromkeys(entry.pack_id for entry in entries))
    raise ModelError(f"There is no pack called {name}. There are: {known}.")


def _folders(packs_dir: Path, roots: Iterable[Path], in_use: Path | None) -> list[Path]:
    """Folders with models, each once, also those that cannot be used."""
    found: dict[Path, Path] = {}
    for root in (packs_dir, *roots):
        inside = sorted(path for path in root.iterdir()) if root.is_dir() else []
        for folder in (root, *inside):
            if not folder.name.startswith(".") and folder.is_dir() and any(folder.glob("*.onnx")):
                found.setdefault(folder.resolve(), folder)
    if in_use is not None:
        found.setdefault(in_use.resolve(), in_use)
    return list(found.values())


def _on_shelf(folder: Path, packs_dir: Path, in_use: Path | None) -> ShelfPack:
    pack, problem = None, ""
    try:
        pack = open_pack(folder)
        problem = pack.problem
    except ModelError as error:
        problem = str(error)
    removable = is_removable(folder, packs_dir)
    pack_id = folder.name if pack is None or removable else pack.pack_id
    known = next((entry for entry in CATALOGUE if entry.pack_id == pack_id), None)
    if pack is not None and not _is_of_kind(pack, known):
        known = None
    return ShelfPack(
        pack_id=pack_id,
        title=known.title if known is not None else pack.name if pack is not None else folder.name,
        folder=folder,
        pack=pack,
        description=known,
        is_builtin=pack_id == BUILTIN_ID and not removable,
        is_removable=removable,
        is_in_use=in_use is not None and folder.resolve() == in_use.resolve(),
        problem=problem,
    )


def _is_of_kind(pack: Pack, description: PackDescription | None) -> bool:
    """Whether a pack has the models of the catalogue's; a folder of that name may hold others."""
    if description is None or pack.recogniser_path is None:
        return False
    names = {file.name for file in description.files}
    sha256s = {file.name: file.sha256[:8] for file in description.files}
    recogniser = pack.recogniser_path
    is_same = pack.model_id == f"{recogniser.stem}-{sha256s.get(recogniser.name, '')}"
    return is_same and pack.detector_path.name in names


def _to_be_had(description: PackDescription, packs_dir: Path) -> ShelfPack:
    return ShelfPack(
        pack_id=description.pack_id,
        title=description.title,
        description=description,
        partial_bytes=partial_bytes(description, packs_dir),
    )


def _order(entry: ShelfPack) -> tuple[bool, str]:
    return not entry.is_builtin, entry.title.casefold()


def _is_not_installed(entry: ShelfPack) -> bool:
    return not entry.is_installed
