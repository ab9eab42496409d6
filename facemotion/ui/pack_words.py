"""Words for packs, in the user's language."""

from PySide6.QtCore import QCoreApplication

from facemotion.ui.translation import QT_TRANSLATE_NOOP
from facemotion.vision.pack_shelf import ShelfPack
from facemotion.vision.pack_speed import PackSpeed

_translate = QCoreApplication.translate

_CLASS_WORDS = {
    "fast": QT_TRANSLATE_NOOP("packs", "fast"),
    "medium": QT_TRANSLATE_NOOP("packs", "medium"),
    "slow": QT_TRANSLATE_NOOP("packs", "slow"),
}


def size_words(size_bytes: int) -> str:
    """A size as people say it: 40 kB, 3.3 MB, 15 MB, 1.2 GB."""
    if size_bytes < 1e5:
        return f"{size_bytes / 1e3:.0f} kB"
    if size_bytes >= 1e9:
        return f"{size_bytes / 1e9:.1f} GB"
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes < 1e7 else f"{size_bytes / 1e6:.0f} MB"


def state_words(entry: ShelfPack, downloaded_share: float | None = None) -> str:
    """What there is of a pack, in two or three words.

    Args:
        entry: The pack.
        downloaded_share: How much of it has come, while it is being downloaded.
    """
    if downloaded_share is not None:
        return _translate("packs", "downloading, {percent} %").format(
            percent=int(100 * downloaded_share)
        )
    if entry.problem:
        return (
            _translate("packs", "in use, changed")
            if entry.is_in_use
            else _translate("packs", "has a problem")
        )
    if entry.is_in_use:
        return _translate("packs", "in use")
    if entry.is_installed:
        return _translate("packs", "installed")
    if entry.partial_bytes:
        percent = int(100 * entry.partial_bytes / max(entry.size_bytes, 1))
        return _translate("packs", "{percent} % downloaded").format(percent=min(percent, 100))
    return _translate("packs", "can be downloaded")


def licence_words(entry: ShelfPack) -> str:
    """Whether it may be used for money, in two or three words; else what its licence says."""
    if entry.description is not None:
        is_free = entry.description.licence.is_commercial_use_allowed
        return (
            _translate("packs", "also commercial")
            if is_free
            else _translate("packs", "research only")
        )
    if entry.is_builtin:
        return _translate("packs", "research only")
    if entry.pack is None:
        return ""
    return entry.licence or _translate("packs", "not stated")


def speed_words(entry: ShelfPack, speed: PackSpeed | None) -> str:
    """Speed class and time for one face in the picture; only what is known."""
    words = _translate("packs", _CLASS_WORDS.get(entry.speed, "")) or entry.speed
    if speed is None:
        return words
    time_ms = speed.detect_ms + (speed.embed_ms or 0.0)
    return ", ".join(part for part in (words, _milliseconds(time_ms)) if part)


def measured_words(speed: PackSpeed, det_size: int) -> str:
    """What was measured, in a sentence."""
    detect, embed = _milliseconds(speed.detect_ms), speed.embed_ms
    if embed is None:
        words = _translate("packs", "{detect} to look for faces at {side} px on {provider}.")
        return words.format(detect=detect, side=det_size, provider=speed.provider)
    words = _translate(
        "packs", "{detect} to look for faces at {side} px, {embed} for each face, on {provider}."
    )
    return words.format(
        detect=detect, embed=_milliseconds(embed), side=det_size, provider=speed.provider
    )


def accuracy_words(entry: ShelfPack) -> str:
    """How well it tells people apart; empty for a pack that cannot be read."""
    if entry.pack is None and entry.description is None:
        return ""
    if entry.is_installed and not entry.embedding_dim:
        return _translate("packs", "names nobody")
    return entry.accuracy or _translate("packs", "not published")


def remaining_words(seconds: float) -> str:
    """About how long it takes still."""
    if seconds < 90.0:
        return _translate("packs", "about {count} s left").format(count=max(round(seconds), 1))
    return _translate("packs", "about {count} min left").format(count=round(seconds / 60.0))


def _milliseconds(time_ms: float) -> str:
    return f"{time_ms:.1f} ms" if time_ms < 9.95 else f"{time_ms:.0f} ms"
