"""From a frame to who is in it and how they feel: the order of work, and all state per track."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facemotion.core.baseline_book import BaselineBook
from facemotion.core.errors import GalleryError
from facemotion.core.gallery_index import GalleryIndex
from facemotion.core.matching import IdentityResolver, PackThresholds
from facemotion.core.preprocessing import EmotionCropRule
from facemotion.core.quality import (
    embedding_quality,
    find_gate,
    measure_quality,
    sharpness,
)
from facemotion.core.smoothing import EmotionSmoother, top_emotion
from facemotion.core.tracking import FaceTracker, Track, TrackState
from facemotion.core.types import (
    EmotionReading,
    FaceDetection,
    FaceQuality,
    FaceResult,
    FloatArray,
    Frame,
    FrameResult,
    Identity,
    IdentityEvidence,
    IdentityReason,
)
from facemotion.vision.crops import cut_crops
from facemotion.vision.detection_pace import DetectionPace
from facemotion.vision.emotion import EmotionClassifier
from facemotion.vision.faces import FaceFinder
from facemotion.vision.pipeline_params import PipelineParams

__all__ = ["FacePipeline", "PipelineParams"]

_STAGES: Final[tuple[str, ...]] = ("detect", "track", "recognise", "emotion")
_UNSURE_SPAN: Final = 0.20
_EDGE_MARGIN: Final = 0.02
_AT_EDGE: Final = 0.3


class FacePipeline:
    """Finds, follows, recognises and reads faces, frame by frame.

    Time comes only from the frames, so the same frames give the same results. Used by one thread
    at a time; the state of a track goes when the track ends.

    Args:
        faces: Detection and recognition; without a recogniser everybody is unknown.
        emotion: The emotion model, or None: emotions are then empty.
        params: What can be changed while it runs.

    Attributes:
        baselines: Whose neutral faces are known; their readings are corrected before smoothing.
    """

    def __init__(
        self,
        faces: FaceFinder,
        emotion: EmotionClassifier | None,
        params: PipelineParams | None = None,
    ) -> None:
        self._faces = faces
        self._emotion = emotion
        self._params = params if params is not None else PipelineParams()
        self._thresholds: PackThresholds = faces.thresholds
        self._gallery = GalleryIndex.empty(faces.model_id)
        self._pace = DetectionPace()
        self._tracker = FaceTracker(self._params.tracking)
        self._resolver = IdentityResolver(self._params.matching, self._thresholds)
        self._smoothers: dict[int, EmotionSmoother] = {}
        self.baselines = BaselineBook(emotion.model_id if emotion is not None else "")
        self.baselines.is_used = self._params.is_baseline_used

    @property
    def params(self) -> PipelineParams:
        """The parameters in use."""
        return self._params

    @property
    def model_id(self) -> str:
        """Recognition model whose embeddings a gallery must hold; empty when there is none."""
        return self._faces.model_id

    @property
    def remembered_ids(self) -> frozenset[int]:
        """Numbers of the tracks of which something is remembered."""
        return self._tracker.active_ids | self._tracker.lost_ids

    def set_gallery(self, gallery: GalleryIndex) -> None:
        """Compare with these people from the next frame on.

        Raises:
            GalleryError: Their embeddings come from another model or have another dimension.
        """
        if gallery.size and gallery.model_id != self._faces.model_id:
            raise GalleryError(
                f"The people were enrolled with {gallery.model_id or 'an unknown model'}, and this "
                f"pack recognises with {self._faces.model_id or 'none'}. Enrol them again."
            )
        if gallery.size and gallery.dimension != self._faces.embedding_dim:
            raise GalleryError(
                f"The people's embeddings have {gallery.dimension} numbers, expected "
                f"{self._faces.embedding_dim}. Enrol them again."
            )
        self._gallery = gallery

    def set_params(self, params: PipelineParams) -> None:
        """Use other parameters from the next frame on; tracks and names stay."""
        if params.smoothing != self._params.smoothing:
            self._smoothers.clear()
        self._params = params
        self.baselines.is_used = params.is_baseline_used
        self._tracker.set_params(params.tracking)
        self._resolver.set_params(params.matching, self._thresholds)

    def reset(self) -> None:
        """Forget every track; numbers start from 1 again. The gallery stays."""
        self._pace.reset()
        self._tracker.reset()
        self._resolver.reset()
        self._smoothers.clear()
        self.baselines.reset()

    def process(self, frame: Frame) -> FrameResult:
        """Work on the next frame of a source.

        Args:
            frame: Its `time_s` and `scene_id` tell the pipeline when and where it is.

        Returns:
            The faces of this frame, by track number. A new face of a low detection score is held
            back until its track is confirmed, so that a hand taken for a face does not flash up.
        """
        return self._process(frame, is_still=False)

    def _process(self, frame: Frame, *, is_still: bool) -> FrameResult:
        clock = _StageClock()
        detections = self._pace.detect(
            self._faces,
            frame,
            self._params.max_faces,
            self._params.detection_interval_s,
            self._params.thorough_interval_s,
        )
        clock.stop("detect")
        tracks = self._tracker.update(detections, frame.time_s, frame.scene_id)
        crops = cut_crops(frame.frame_bgr, detections, self._crop_rule)
        clarity = [sharpness(crop) for crop in crops]
        clock.stop("track")
        tracks, worths = self._recognise(frame, detections, tracks, clarity)
        self._forget(self._tracker.dropped_ids)
        identities = self._resolver.resolve(tracks, self._gallery)
        clock.stop("recognise")
        size = (frame.frame_bgr.shape[1], frame.frame_bgr.shape[0])
        measured = [
            measure_quality(detection, clear, size)
            for detection, clear in zip(detections, clarity, strict=True)
        ]
        readings = self._read_emotions(frame, tracks, identities, crops, measured)
        clock.stop("emotion")
        faces = [
            _face_result(
                tracks[row],
                detections[row],
                self._explained(identities[tracks[row].track_id], worths[row]),
                readings[row],
                measured[row],
                crops[row] if self._emotion is not None else None,
            )
            for row in range(len(tracks))
            if is_still or not self._is_doubtful(tracks[row], detections[row])
        ]
        faces.sort(key=lambda face: face.track_id)
        return FrameResult(frame, tuple(faces), clock.timings_ms())

    def process_still(self, frame: Frame) -> FrameResult:
        """Work on a picture that stands alone: nothing is carried over, before or after.

        Faces are numbered from left to right. There is nothing to smooth: the probabilities are
        those of the picture, and the likeliest emotion is shown when it is likely enough.
        """
        alone = FacePipeline(self._faces, self._emotion, self._params)
        alone.set_gallery(self._gallery)
        alone.baselines.set_people(self.baselines.people)
        result = alone._process(frame, is_still=True)
        faces = tuple(alone._unsmoothed(face) for face in result.faces)
        return replace(result, faces=faces)

    @property
    def _crop_rule(self) -> EmotionCropRule:
        return self._emotion.crop_rule if self._emotion is not None else EmotionCropRule()

    def _recognise(
        self,
        frame: Frame,
        detections: Sequence[FaceDetection],
        tracks: list[Track],
        clarity: Sequence[float],
    ) -> tuple[list[Track], list[float]]:
        """Embed the faces whose turn it is.

        Returns:
            The tracks that they turn out to belong to, and what each face's embedding is worth.
        """
        if self._faces.embedding_dim == 0:
            return tracks, [0.0] * len(tracks)
        size = (frame.frame_bgr.shape[1], frame.frame_bgr.shape[0])
        qualities = [
            embedding_worth(detection, clear, size, self._params.gates.min_det_score)
            for detection, clear in zip(detections, clarity, strict=True)
        ]
        rows = self._rows_to_embed(tracks, qualities, frame.time_s)
        embeddings = self._faces.embed(frame.frame_bgr, [detections[row].kps for row in rows])
        for row, embedding in zip(rows, embeddings, strict=True):
            tracks[row].add_embedding(embedding, qualities[row], frame.time_s)
        found = self._tracker.reidentify_all([tracks[row] for row in rows], frame.time_s)
        changed = dict(zip(rows, found, strict=True))
        return [changed.get(row, track) for row, track in enumerate(tracks)], qualities

    def _explained(self, identity: Identity, worth: float) -> Identity:
        """The identity with what is known here: no recogniser, or a face not worth comparing."""
        if self._faces.embedding_dim == 0:
            return replace(identity, evidence=IdentityEvidence(IdentityReason.NO_RECOGNISER))
        evidence = identity.evidence
        if evidence is None or evidence.reason is not IdentityReason.NOT_COMPARED:
            return identity
        needed = self._params.min_embedding_quality
        return replace(identity, evidence=replace(evidence, value=worth, needed=needed))

    def _rows_to_embed(
        self, tracks: Sequence[Track], qualities: Sequence[float], time_s: float
    ) -> list[int]:
        good = [
            row
            for row in range(len(tracks))
            if qualities[row] >= self._params.min_embedding_quality
        ]
        wanting = [row for row in good if tracks[row].needs_embedding]
        stale = [
            row
            for row in good
            if row not in wanting and self._is_due(tracks[row], qualities[row], time_s)
        ]
        stale.sort(key=lambda row: tracks[row].last_embedded_s or 0.0)
        return sorted(wanting + stale[: self._params.max_refreshed_faces])

    def _is_due(self, track: Track, quality: float, time_s: float) -> bool:
        since_s = time_s - (track.last_embedded_s if track.last_embedded_s is not None else -1e9)
        if since_s >= self._params.reembed_interval_s or since_s < 0.0:
            return True
        is_early = track.embedding_count < self._params.early_embeddings
        is_better = quality >= self._params.min_quality_gain * track.best_quality
        return (is_early or is_better) and since_s >= self._params.early_interval_s

    def _read_emotions(
        self,
        frame: Frame,
        tracks: Sequence[Track],
        identities: Mapping[int, Identity],
        crops: NDArray[np.uint8],
        measured: Sequence[FaceQuality],
    ) -> list[EmotionReading]:
        if self._emotion is None:
            return [EmotionReading() for _ in tracks]
        gates = [find_gate(quality, self._params.gates) for quality in measured]
        open_rows = [row for row, found in enumerate(gates) if found is None]
        probs = dict(zip(open_rows, self._emotion.probs(crops[open_rows]), strict=True))
        readings: list[EmotionReading] = []
        for row, track in enumerate(tracks):
            smoother = self._smoother_of(track.track_id)
            raw, identity = probs.get(row), identities[track.track_id]
            read, is_corrected = self.baselines.correct(track.track_id, identity, raw)
            shown = (
                smoother.hold(frame.time_s) if read is None else smoother.update(read, frame.time_s)
            )
            found = gates[row]
            reason = found.reason if found is not None else None
            readings.append(
                EmotionReading(raw, shown.probs, shown.emotion, reason, found, is_corrected)
            )
        return readings

    def _smoother_of(self, track_id: int) -> EmotionSmoother:
        if track_id not in self._smoothers:
            self._smoothers[track_id] = EmotionSmoother(self._params.smoothing)
        return self._smoothers[track_id]

    def _is_doubtful(self, track: Track, detection: FaceDetection) -> bool:
        is_new = track.state is TrackState.TENTATIVE
        return is_new and detection.det_score < self._params.gates.min_det_score

    def _forget(self, track_ids: frozenset[int]) -> None:
        self._resolver.forget(track_ids)
        for track_id in track_ids:
            self._smoothers.pop(track_id, None)
        self.baselines.forget(track_ids)

    def _unsmoothed(self, face: FaceResult) -> FaceResult:
        raw = face.emotion.raw_probs
        probs, is_corrected = self.baselines.correct(face.track_id, face.identity, raw)
        if probs is None:
            return face
        emotion = top_emotion(probs, self._params.smoothing.min_confidence)
        reading = EmotionReading(raw, probs, emotion, is_corrected=is_corrected)
        return replace(face, emotion=reading)


def embedding_worth(
    detection: FaceDetection, clarity: float, frame_size: tuple[int, int], sure_score: float
) -> float:
    """How much an embedding would be worth, in [0, 1].

    `core.quality.embedding_quality`, less for an unsure detection and much less for a face at the
    picture's edge: of a face that is cut off, the landmarks are guesses.

    Args:
        detection: The face.
        clarity: Sharpness of its crop.
        frame_size: Width and height of the picture (px).
        sure_score: Detection score from which the detector is sure.
    """
    sure = min(max(1.0 - (sure_score - detection.det_score) / _UNSURE_SPAN, 0.0), 1.0)
    x1, y1, x2, y2 = (float(value) for value in detection.bbox_xyxy)
    margin = _EDGE_MARGIN * max(x2 - x1, y2 - y1)
    is_at_edge = min(x1, y1, frame_size[0] - x2, frame_size[1] - y2) < margin
    return embedding_quality(detection, clarity) * sure * (_AT_EDGE if is_at_edge else 1.0)


class _StageClock:
    """Wall time of each stage."""

    def __init__(self) -> None:
        self._begin_s = self._last_s = time.perf_counter()
        self._timings_ms: dict[str, float] = dict.fromkeys(_STAGES, 0.0)

    def stop(self, stage: str) -> None:
        """End a stage, which began when the one before it ended."""
        now_s = time.perf_counter()
        self._timings_ms[stage] = (now_s - self._last_s) * 1000.0
        self._last_s = now_s

    def timings_ms(self) -> dict[str, float]:
        """Milliseconds by stage, and in total."""
        return {**self._timings_ms, "total": (self._last_s - self._begin_s) * 1000.0}


def _face_result(
    track: Track,
    detection: FaceDetection,
    identity: Identity,
    reading: EmotionReading,
    quality: FaceQuality,
    emotion_crop: NDArray[np.uint8] | None,
) -> FaceResult:
    velocity: FloatArray = track.velocity_xyxy.copy()
    return FaceResult(
        track_id=track.track_id,
        bbox_xyxy=detection.bbox_xyxy,
        velocity_xyxy=velocity,
        kps=detection.kps,
        det_score=detection.det_score,
        identity=identity,
        emotion=reading,
        first_seen_s=track.first_seen_s,
        quality=quality,
        emotion_crop=emotion_crop,
    )
