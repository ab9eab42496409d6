"""The groups of settings that belong to no single part of the mathematics."""

from dataclasses import dataclass
from typing import Final

from facemotion.core.parameters import check_parameters, parameter

PROVIDERS: Final = ("CPU", "CUDA", "CoreML", "DirectML")
DET_SIZES: Final = (320, 480, 640, 1024)
THEMES: Final = ("system", "light", "dark")
VIDEO_CHOICES: Final = ("annotated", "clean", "both", "none")


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """Where the picture comes from."""

    last_source: str = parameter(
        "",
        "Last source",
        "Source shown at the next start: camera:0, a file, an address, or demo; empty to choose.",
    )
    is_looping: bool = parameter(
        True, "Play files again", "A video file starts again when it has ended."
    )
    is_reopened_at_start: bool = parameter(
        True, "Open the last source at start", "The program starts with the source used last."
    )
    camera_width_px: int = parameter(
        1280,
        "Camera width",
        "Width asked of a camera; it gives the nearest one it has.",
        unit="px",
        minimum=160,
        maximum=7680,
    )
    camera_height_px: int = parameter(
        720,
        "Camera height",
        "Height asked of a camera; it gives the nearest one it has.",
        unit="px",
        minimum=120,
        maximum=4320,
    )

    def __post_init__(self) -> None:
        check_parameters(self)


@dataclass(frozen=True, slots=True)
class DetectionSettings:
    """How faces are found."""

    pack: str = parameter(
        "",
        "Model pack",
        "Folder of the detection and recognition models, or the name of an installed pack; empty "
        "for the one that comes with the program.",
    )
    det_size: int = parameter(
        640,
        "Detection size",
        "Side of the picture that the detector reads: larger finds smaller faces and is slower.",
        unit="px",
        choices=DET_SIZES,
    )
    det_threshold: float = parameter(
        0.5,
        "Detection threshold",
        "A face with a lower detection score is ignored.",
        minimum=0.05,
        maximum=0.99,
    )
    max_faces: int = parameter(
        10, "Most faces", "Only the largest faces are read.", unit="faces", minimum=1, maximum=100
    )
    interval_s: float = parameter(
        0.3,
        "Time between detections",
        "In between, faces are carried along by their motion, which is quicker; 0 finds them anew "
        "in every picture.",
        unit="s",
        minimum=0.0,
        maximum=2.0,
    )

    def __post_init__(self) -> None:
        check_parameters(self)


@dataclass(frozen=True, slots=True)
class InferenceSettings:
    """Where and how often the models run."""

    provider: str = parameter(
        "CPU",
        "Provider",
        "What the models run on; one that the installed onnxruntime lacks falls back to the CPU.",
        choices=PROVIDERS,
    )
    inference_interval_s: float = parameter(
        0.10,
        "Inference interval",
        "Time from one reading of the faces to the next; the picture moves at its own rate.",
        unit="s",
        minimum=0.02,
        maximum=5.0,
    )
    intra_op_threads: int = parameter(
        1,
        "Threads a model",
        "Processor threads each model may use.",
        unit="threads",
        minimum=1,
        maximum=64,
    )
    reembed_interval_s: float = parameter(
        1.0,
        "Recognition interval",
        "Time after which a face that is already known is compared again.",
        unit="s",
        minimum=0.1,
        maximum=60.0,
    )

    def __post_init__(self) -> None:
        check_parameters(self)


@dataclass(frozen=True, slots=True)
class DisplaySettings:
    """What the window shows."""

    theme: str = parameter(
        "system", "Theme", "Light, dark, or as the system has it.", choices=THEMES
    )
    language: str = parameter(
        "system", "Language", "Code of the language, for example en or de, or system."
    )
    is_mirrored: bool = parameter(
        True, "Mirror cameras", "Cameras are shown as in a mirror; files never are."
    )
    show_boxes: bool = parameter(True, "Show boxes", "Draw a box around each face.")
    show_names: bool = parameter(True, "Show names", "Write below each face who it is.")
    show_emotions: bool = parameter(True, "Show emotions", "Write above each face how it feels.")
    show_landmarks: bool = parameter(False, "Show landmarks", "Draw the five points of each face.")
    show_track_ids: bool = parameter(
        False, "Show track numbers", "Write each face's track number beside its name."
    )
    show_similarity: bool = parameter(
        True, "Show similarity", "Write how alike a face and the enrolled person are."
    )
    chart_window_s: float = parameter(
        30.0,
        "Chart length",
        "How much time the probability chart shows.",
        unit="s",
        minimum=5.0,
        maximum=600.0,
    )

    def __post_init__(self) -> None:
        check_parameters(self)


@dataclass(frozen=True, slots=True)
class BaselineSettings:
    """How neutral faces are used."""

    is_used: bool = parameter(
        True,
        "Use neutral faces",
        "Readings of people whose neutral face is known are corrected by it, so that a resting "
        "face is not taken for sad or angry.",
    )
    is_automatic: bool = parameter(
        False,
        "Take neutral faces by itself",
        "A neutral face is taken from somebody's first minute in the picture, when it shows a "
        "resting face for long enough; nobody is asked.",
    )

    def __post_init__(self) -> None:
        check_parameters(self)


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """What a recording keeps, and what the digit keys stamp."""

    videos: str = parameter(
        "annotated",
        "Videos",
        "Annotated has boxes, names and emotions in the picture, clean has the bare picture; the "
        "timeline is written in any case. Cameras are never mirrored in a video.",
        choices=VIDEO_CHOICES,
    )
    marker1: str = parameter(
        "Start", "Marker 1", "What the key 1 writes into the chart, the changes and the recording."
    )
    marker2: str = parameter(
        "End", "Marker 2", "What the key 2 writes into the chart, the changes and the recording."
    )
    marker3: str = parameter(
        "Question",
        "Marker 3",
        "What the key 3 writes into the chart, the changes and the recording.",
    )
    marker4: str = parameter(
        "Answer", "Marker 4", "What the key 4 writes into the chart, the changes and the recording."
    )
    marker5: str = parameter(
        "Disturbance",
        "Marker 5",
        "What the key 5 writes into the chart, the changes and the recording.",
    )

    def __post_init__(self) -> None:
        check_parameters(self)

    @property
    def has_annotated(self) -> bool:
        """Whether there is a video with boxes, names and emotions."""
        return self.videos in ("annotated", "both")

    @property
    def has_clean(self) -> bool:
        """Whether there is a video with the bare picture."""
        return self.videos in ("clean", "both")

    @property
    def marker_labels(self) -> tuple[str, ...]:
        """The labels of the five keys; a label left empty is the key's number."""
        labels = (self.marker1, self.marker2, self.marker3, self.marker4, self.marker5)
        return tuple(
            " ".join(label.split()) or f"Marker {number}" for number, label in enumerate(labels, 1)
        )


@dataclass(frozen=True, slots=True)
class PrivacySettings:
    """What is kept."""

    keep_photos: bool = parameter(
        False,
        "Keep enrolment photos",
        "Keep the photos people are enrolled from beside their embeddings; deleting a person "
        "deletes them.",
    )

    def __post_init__(self) -> None:
        check_parameters(self)


@dataclass(frozen=True, slots=True)
class EnrolmentSettings:
    """What a photo must be like to enrol somebody."""

    min_face_px: float = parameter(
        60.0,
        "Smallest face",
        "A photo with a smaller face is rejected.",
        unit="px",
        minimum=20.0,
        maximum=1000.0,
    )
    min_det_score: float = parameter(
        0.65,
        "Lowest detection score",
        "A photo whose face is less certain is rejected.",
        minimum=0.05,
        maximum=0.99,
    )
    is_duplicate_warned: bool = parameter(
        True,
        "Warn about look-alikes",
        "Say so when a new face looks like somebody who is enrolled already.",
    )

    def __post_init__(self) -> None:
        check_parameters(self)


@dataclass(frozen=True, slots=True)
class DebugSettings:
    """Which faces are saved to find out what is wrong."""

    is_enabled: bool = parameter(
        False,
        "Save faces",
        "While on, the small gray pictures that the emotion model reads are saved. They are "
        "pictures of faces: tell the people in view, and delete them afterwards.",
    )
    faces_per_s: float = parameter(
        2.0,
        "Faces a second",
        "So many faces are saved each second, in turn where several people are in the picture.",
        unit="1/s",
        minimum=0.1,
        maximum=30.0,
    )
    most_faces: int = parameter(
        500,
        "Most faces",
        "When so many are saved, no more are; the oldest are kept.",
        unit="faces",
        minimum=20,
        maximum=5000,
    )

    def __post_init__(self) -> None:
        check_parameters(self)
