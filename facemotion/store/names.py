"""What a person may be called: any Unicode text of one line, 1 to 100 characters."""

import unicodedata

from facemotion.core.errors import GalleryError

MAX_NAME_LENGTH = 100

_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, lone surrogates, line and paragraph separators."""


def clean_name(text: str) -> str:
    """A name as it is stored: NFC, without white space around it.

    Raises:
        GalleryError: It is empty, too long, or holds characters that are not text.
    """
    name = unicodedata.normalize("NFC", text).strip()
    if not name:
        raise GalleryError("A name is needed: type at least one character.")
    if len(name) > MAX_NAME_LENGTH:
        raise GalleryError(
            f"The name has {len(name)} characters; shorten it to {MAX_NAME_LENGTH} or fewer."
        )
    for character in name:
        if unicodedata.category(character) in _REFUSED_CATEGORIES:
            raise GalleryError(
                f"The name holds a character that is not text (U+{ord(character):04X}); "
                f"type it without line breaks, tabs and control characters."
            )
    if not any(unicodedata.category(character)[0] in "LMNPS" for character in name):
        raise GalleryError("The name holds no visible character; type at least one.")
    return name


def name_key(name: str) -> str:
    """What two names share when people would read them as the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
