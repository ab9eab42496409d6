"""Makes sources with what the settings say about cameras."""

from facemotion.ui.settings_keeper import SettingsKeeper
from facemotion.vision.sources.base import FrameSource, SourceKind
from facemotion.vision.sources.specs import SourceSpec, make_source


class SourceMaking:
    """Gives the capture thread its source.

    Args:
        keeper: The settings, read at the moment a camera is opened.
    """

    def __init__(self, keeper: SettingsKeeper) -> None:
        self._keeper = keeper

    def make(self, spec: SourceSpec) -> FrameSource:
        """The source for a spec, not yet opened; may be called in any thread."""
        if spec.kind is not SourceKind.CAMERA:
            return make_source(spec)
        from facemotion.vision.sources.camera import CameraMode, CameraSource

        # The settings are one frozen record, replaced as a whole: reading it needs no lock.
        source = self._keeper.settings.source
        mode = CameraMode(source.camera_width_px, source.camera_height_px)
        return CameraSource(int(spec.location), spec.name, mode)
