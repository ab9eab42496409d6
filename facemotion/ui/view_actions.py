"""The commands for what is drawn and shown, and for neutral faces; they join `ACTIONS`."""

from facemotion.ui.action_table import ActionSpec
from facemotion.ui.translation import QT_TRANSLATE_NOOP

VIEW_ACTIONS = (
    ActionSpec(
        "neutral",
        QT_TRANSLATE_NOOP("actions", "Take neutral &face…"),
        QT_TRANSLATE_NOOP("actions", "Neutral face"),
        "neutral-face",
        ("B",),
        QT_TRANSLATE_NOOP(
            "actions", "Three seconds of the selected face at rest, which then reads as neutral"
        ),
    ),
    ActionSpec(
        "forget_neutral",
        QT_TRANSLATE_NOOP("actions", "F&orget neutral face"),
        QT_TRANSLATE_NOOP("actions", "Forget neutral face"),
        "neutral-forget",
        ("Shift+B",),
        QT_TRANSLATE_NOOP("actions", "Read the selected face as everybody's again"),
    ),
    ActionSpec(
        "boxes",
        QT_TRANSLATE_NOOP("actions", "Show &boxes"),
        QT_TRANSLATE_NOOP("actions", "Boxes"),
        "",
        ("Ctrl+B",),
        QT_TRANSLATE_NOOP("actions", "Draw a box around each face"),
        is_checkable=True,
    ),
    ActionSpec(
        "names",
        QT_TRANSLATE_NOOP("actions", "Show na&mes"),
        QT_TRANSLATE_NOOP("actions", "Names"),
        "",
        ("Ctrl+N",),
        QT_TRANSLATE_NOOP("actions", "Write below each face who it is"),
        is_checkable=True,
    ),
    ActionSpec(
        "emotions",
        QT_TRANSLATE_NOOP("actions", "Show &emotions"),
        QT_TRANSLATE_NOOP("actions", "Emotions"),
        "",
        ("Ctrl+E",),
        QT_TRANSLATE_NOOP("actions", "Write above each face how it feels"),
        is_checkable=True,
    ),
    ActionSpec(
        "mini",
        QT_TRANSLATE_NOOP("actions", "Mini &view"),
        QT_TRANSLATE_NOOP("actions", "Mini view"),
        "mini",
        ("V",),
        QT_TRANSLATE_NOOP(
            "actions", "A small picture on top of all windows in place of this window"
        ),
    ),
    ActionSpec(
        "copy_chart",
        QT_TRANSLATE_NOOP("actions", "&Copy chart"),
        QT_TRANSLATE_NOOP("actions", "Copy chart"),
        "copy",
        ("Ctrl+Shift+C",),
        QT_TRANSLATE_NOOP("actions", "Put a picture of the emotion chart on the clipboard"),
    ),
    ActionSpec(
        "export_chart",
        QT_TRANSLATE_NOOP("actions", "E&xport chart data…"),
        QT_TRANSLATE_NOOP("actions", "Export chart data…"),
        "export",
        ("Ctrl+Shift+X",),
        QT_TRANSLATE_NOOP(
            "actions", "Write the selected face's raw and smoothed probabilities to a table"
        ),
    ),
)
