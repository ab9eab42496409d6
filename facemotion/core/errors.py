"""The errors that facemotion raises on purpose; each message says what to do."""


class FacemotionError(Exception):
    """Base of every error whose message may be shown to the user as it is."""


class SourceError(FacemotionError):
    """A picture source (camera, video, image, stream) cannot be opened or read."""


class CameraError(SourceError):
    """A camera is missing, busy, refused or was unplugged."""


class ModelError(FacemotionError):
    """A model or model pack is missing, damaged or of the wrong kind."""


class GalleryError(FacemotionError):
    """The people on disk cannot be read or changed as asked."""


class SettingsError(FacemotionError):
    """Settings are unreadable or out of range."""


class OutputError(FacemotionError):
    """A result cannot be written (folder, disk, permission)."""
