"""Sources named by text, as on the command line, in the address field and in settings."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from facemotion.core.errors import SourceError
from facemotion.vision.sources.base import FrameSource, SourceKind
from facemotion.vision.sources.pictures import PICTURE_SUFFIXES

URL_SCHEMES: Final = ("rtsp", "rtsps", "rtmp", "rtmps", "http", "https", "udp", "tcp", "srt")
_CAMERA: Final = re.compile(r"camera(?::(\d{1,3}))?|/dev/video(\d{1,3})", re.IGNORECASE)
_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """Which source is meant.

    Attributes:
        kind: What kind of source.
        location: Number of the camera, path, or URL; empty for the demo.
        name: Name for the user when the location says too little, such as a camera's.
    """

    kind: SourceKind
    location: str = ""
    name: str = ""

    @property
    def text(self) -> str:
        """The text that `parse_source` reads back to the same source."""
        if self.kind is SourceKind.DEMO:
            return "demo"
        return f"camera:{self.location}" if self.kind is SourceKind.CAMERA else self.location


def parse_source(text: str) -> SourceSpec:
    """Read what the user wrote.

    Args:
        text: "demo", "camera:0" (or "camera", or "/dev/video0"), an address (`rtsp://…`,
            `http://…`), or the path of a video, a picture or a folder; "./demo" is a path.

    Raises:
        SourceError: The text is empty or names a kind of address that cannot be opened.
    """
    wanted = text.strip()
    if not wanted:
        raise SourceError(
            "No source was named. Write a file, a folder, an address, camera:0 or demo."
        )
    if wanted.lower() == "demo":
        return SourceSpec(SourceKind.DEMO)
    if camera := _CAMERA.fullmatch(wanted):
        return SourceSpec(SourceKind.CAMERA, str(int(camera[1] or camera[2] or 0)))
    if scheme := _SCHEME.match(wanted):
        return _parse_url(wanted, scheme[1].lower())
    return path_source(Path(wanted).expanduser())


def path_source(path: Path) -> SourceSpec:
    """The source that a path stands for: folder, picture by its ending, else video."""
    if path.is_dir():
        return SourceSpec(SourceKind.FOLDER, str(path))
    is_picture = path.suffix.lower() in PICTURE_SUFFIXES
    return SourceSpec(SourceKind.IMAGE if is_picture else SourceKind.VIDEO, str(path))


def make_source(spec: SourceSpec) -> FrameSource:
    """The source for a spec, not yet opened, so that `close` can end a long `open`."""
    from facemotion.vision.sources.camera import CameraSource
    from facemotion.vision.sources.demo import DemoSource
    from facemotion.vision.sources.folder import FolderSource
    from facemotion.vision.sources.image import ImageSource
    from facemotion.vision.sources.stream import StreamSource
    from facemotion.vision.sources.video import VideoSource

    match spec.kind:
        case SourceKind.DEMO:
            return DemoSource()
        case SourceKind.CAMERA:
            return CameraSource(int(spec.location), spec.name)
        case SourceKind.STREAM:
            return StreamSource(spec.location)
        case SourceKind.FOLDER:
            return FolderSource(Path(spec.location))
        case SourceKind.IMAGE:
            return ImageSource(Path(spec.location))
        case SourceKind.VIDEO:
            return VideoSource(Path(spec.location))


def open_source(spec: SourceSpec) -> FrameSource:
    """The opened source for a spec.

    Raises:
        SourceError: It cannot be opened; the message says why and what to do.
    """
    source = make_source(spec)
    try:
        source.open()
    except BaseException:
        source.close()
        raise
    return source


def _parse_url(url: str, scheme: str) -> SourceSpec:
    if scheme == "file":
        from urllib.request import url2pathname  # brings half a web client with it

        return path_source(Path(url2pathname(urlsplit(url).path)))
    if scheme not in URL_SCHEMES:
        raise SourceError(
            f"Addresses that begin with {scheme}:// cannot be opened. Use one of "
            f"{', '.join(URL_SCHEMES)}."
        )
    if not urlsplit(url).netloc:
        raise SourceError(f"The address {url} names no host. Write it as {scheme}://HOST/PATH.")
    return SourceSpec(SourceKind.STREAM, url)
