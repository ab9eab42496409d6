"""The user's settings as the pipeline's parameters."""

from facemotion.store.settings import Settings
from facemotion.vision.pipeline_params import PipelineParams


def pipeline_params(settings: Settings) -> PipelineParams:
    """What the settings say about the pipeline; the rest keeps its defaults."""
    return PipelineParams(
        gates=settings.quality,
        smoothing=settings.smoothing,
        matching=settings.matching,
        tracking=settings.tracking,
        is_baseline_used=settings.baseline.is_used,
        max_faces=settings.detection.max_faces,
        detection_interval_s=settings.detection.interval_s,
        reembed_interval_s=settings.inference.reembed_interval_s,
    )
