"""The status bar: rates, latency, provider, pack, dropped pictures, memory."""

import math

from PySide6.QtCore import QT_TRANSLATE_NOOP, Qt
from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

from facemotion.ui.model_request import ModelsInfo
from facemotion.ui.recording_label import RecordingLabel
from facemotion.ui.session_statistics import SessionStatistics
from facemotion.vision.sources.base import SourceInfo

PACK_TIP = QT_TRANSLATE_NOOP(
    "StatusPanel", "Model pack: {pack}\nRecogniser: {recogniser}\nEmotion model: {emotion}"
)


class StatusPanel(QStatusBar):
    """Tells how the program is doing; messages of actions appear at its left; GUI thread.

    Args:
        parent: Qt parent.

    Attributes:
        recording: How a recording is doing; hidden while there is none.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setAccessibleName(self.tr("Status"))
        self._source = self._label(self.tr("Source and size of its pictures"))
        self._capture = self._label(self.tr("Pictures shown per second"))
        self._inference = self._label(
            self.tr("How often faces are read, and how long after its capture a picture is read")
        )
        self._provider = self._label(self.tr("What each model really runs on"))
        self._pack = self._label(self.tr("Model pack that finds and recognises faces"))
        self._dropped = self._label(self.tr("Pictures that came too late to be shown"))
        self._memory = self._label(self.tr("Memory that the program uses"))
        self.recording = RecordingLabel(self)
        self.addWidget(self._source, 1)
        self._source.setMinimumWidth(40)
        self.addPermanentWidget(self.recording)
        self.recording.end()
        shown = (self._capture, self._inference, self._provider, self._pack, self._dropped)
        for label in (*shown, self._memory):
            if label is not self._capture:
                self.addPermanentWidget(_divider(self))
            self.addPermanentWidget(label)
        self.show_source(None)
        self.show_models(None, self.tr("no models"))

    def _label(self, tooltip: str) -> QLabel:
        label = QLabel(self)
        label.setToolTip(tooltip)
        label.setContentsMargins(6, 0, 6, 0)
        label.setTextFormat(Qt.TextFormat.PlainText)
        return label

    @property
    def text(self) -> str:
        """Everything that the bar says, for tests and screen readers."""
        labels = (
            self._source,
            self._capture,
            self._inference,
            self._provider,
            self._pack,
            self._dropped,
            self._memory,
        )
        texts = (self.recording.accessibleName(), *(label.text() for label in labels))
        return " · ".join(text for text in texts if text)

    def show_source(self, info: SourceInfo | None) -> None:
        """Name the source."""
        if info is None:
            self._source.setText(self.tr("No source"))
            return
        size = f"{info.width_px}×{info.height_px}"
        self._source.setText(f"{info.name}  {size}" if info.width_px else info.name)

    def show_models(self, info: ModelsInfo | None, otherwise: str) -> None:
        """Name the pack and what the sessions got.

        Args:
            info: The loaded models, or None.
            otherwise: What to say when there are none.
        """
        if info is None:
            self._provider.setText("–")
            self._pack.setText(otherwise)
            return
        actual = dict.fromkeys(provider.actual for provider in info.providers.values())
        self._provider.setText(" + ".join(actual))
        lines = [
            self.tr("{session} runs on {actual} (asked for: {requested})").format(
                session=session, actual=provider.actual, requested=provider.requested
            )
            for session, provider in info.providers.items()
        ]
        self._provider.setToolTip("\n".join(lines))
        self._pack.setText(info.pack_name)
        emotion = info.emotion_model_id or self.tr("none")
        self._pack.setToolTip(
            self.tr(
                "Model pack: {pack}\nRecogniser: {recogniser}\nEmotion model: {emotion}"
            ).format(pack=info.pack_name, recogniser=info.model_id, emotion=emotion)
        )

    def show_statistics(self, statistics: SessionStatistics, repaints_per_s: float) -> None:
        """Show rates and counts.

        Args:
            statistics: Of the session.
            repaints_per_s: How often the video was painted.
        """
        self._capture.setText(self.tr("{rate:.0f} fps").format(rate=statistics.capture_per_s))
        self._capture.setToolTip(
            self.tr(
                "{rate:.1f} pictures per second; the video was painted {repaints:.1f} times"
            ).format(rate=statistics.capture_per_s, repaints=repaints_per_s)
        )
        if math.isfinite(statistics.latency_ms):
            self._inference.setText(
                self.tr("inference {rate:.0f}/s, {latency:.0f} ms").format(
                    rate=statistics.inference_per_s, latency=statistics.latency_ms
                )
            )
        else:
            self._inference.setText(self.tr("inference –"))
        self._dropped.setText(self.tr("dropped {count}").format(count=statistics.dropped_count))
        if statistics.memory_mib is not None:
            self._memory.setText(f"{statistics.memory_mib:.0f} MB")


def _divider(parent: QWidget) -> QLabel:
    return QLabel("·", parent)
