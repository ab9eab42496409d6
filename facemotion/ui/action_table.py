"""Every command of the window, with its words, icon and keys, in one table."""

from dataclasses import dataclass

from facemotion.ui.translation import QT_TRANSLATE_NOOP


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """What is known about a command.

    Attributes:
        name: By which the program finds it.
        text: Words in a menu.
        short: Words on a button.
        icon: Name of the icon; empty for none.
        keys: Shortcuts, the first one is shown.
        tip: One sentence for tooltip, status bar and screen reader.
        is_checkable: Whether it is on or off.
    """

    name: str
    text: str
    short: str
    icon: str
    keys: tuple[str, ...]
    tip: str
    is_checkable: bool = False


ACTIONS = (
    ActionSpec(
        "open_file",
        QT_TRANSLATE_NOOP("actions", "&Open video or photo…"),
        QT_TRANSLATE_NOOP("actions", "Open video or photo…"),
        "video",
        ("Ctrl+O",),
        QT_TRANSLATE_NOOP("actions", "Play a video file or show a photo"),
    ),
    ActionSpec(
        "open_folder",
        QT_TRANSLATE_NOOP("actions", "Open &folder of photos…"),
        QT_TRANSLATE_NOOP("actions", "Open folder…"),
        "folder",
        ("Ctrl+Shift+O",),
        QT_TRANSLATE_NOOP("actions", "Show the photos of a folder one after another"),
    ),
    ActionSpec(
        "open_url",
        QT_TRANSLATE_NOOP("actions", "Open &address…"),
        QT_TRANSLATE_NOOP("actions", "Open address…"),
        "url",
        ("Ctrl+U",),
        QT_TRANSLATE_NOOP("actions", "Watch a network camera or stream (RTSP, HTTP)"),
    ),
    ActionSpec(
        "demo",
        QT_TRANSLATE_NOOP("actions", "&Demo"),
        QT_TRANSLATE_NOOP("actions", "Show the demo"),
        "demo",
        ("Ctrl+D",),
        QT_TRANSLATE_NOOP(
            "actions", "A moving picture with faces that needs no camera, file or network"
        ),
    ),
    ActionSpec(
        "retry",
        QT_TRANSLATE_NOOP("actions", "&Try again"),
        QT_TRANSLATE_NOOP("actions", "Try again"),
        "replay",
        ("Ctrl+R", "F5"),
        QT_TRANSLATE_NOOP("actions", "Open the source again"),
    ),
    ActionSpec(
        "close_source",
        QT_TRANSLATE_NOOP("actions", "&Close source"),
        QT_TRANSLATE_NOOP("actions", "Close source"),
        "camera-off",
        ("Ctrl+W",),
        QT_TRANSLATE_NOOP("actions", "Switch the camera off or close the file"),
    ),
    ActionSpec(
        "snapshot",
        QT_TRANSLATE_NOOP("actions", "&Snapshot"),
        QT_TRANSLATE_NOOP("actions", "Snapshot"),
        "snapshot",
        ("S",),
        QT_TRANSLATE_NOOP("actions", "Save the picture with its boxes, names and emotions"),
    ),
    ActionSpec(
        "record",
        QT_TRANSLATE_NOOP("actions", "&Record"),
        QT_TRANSLATE_NOOP("actions", "Record"),
        "record",
        ("R",),
        QT_TRANSLATE_NOOP("actions", "Record video and readings, or end the recording"),
    ),
    ActionSpec(
        "mark",
        QT_TRANSLATE_NOOP("actions", "Set a &marker…"),
        QT_TRANSLATE_NOOP("actions", "Marker"),
        "marker",
        ("M",),
        QT_TRANSLATE_NOOP("actions", "Stamp this moment with a note"),
    ),
    ActionSpec(
        "marker1",
        QT_TRANSLATE_NOOP("actions", "Marker &1"),
        QT_TRANSLATE_NOOP("actions", "Marker 1"),
        "",
        ("1",),
        QT_TRANSLATE_NOOP("actions", "Stamp this moment with the label of marker 1"),
    ),
    ActionSpec(
        "marker2",
        QT_TRANSLATE_NOOP("actions", "Marker &2"),
        QT_TRANSLATE_NOOP("actions", "Marker 2"),
        "",
        ("2",),
        QT_TRANSLATE_NOOP("actions", "Stamp this moment with the label of marker 2"),
    ),
    ActionSpec(
        "marker3",
        QT_TRANSLATE_NOOP("actions", "Marker &3"),
        QT_TRANSLATE_NOOP("actions", "Marker 3"),
        "",
        ("3",),
        QT_TRANSLATE_NOOP("actions", "Stamp this moment with the label of marker 3"),
    ),
    ActionSpec(
        "marker4",
        QT_TRANSLATE_NOOP("actions", "Marker &4"),
        QT_TRANSLATE_NOOP("actions", "Marker 4"),
        "",
        ("4",),
        QT_TRANSLATE_NOOP("actions", "Stamp this moment with the label of marker 4"),
    ),
    ActionSpec(
        "marker5",
        QT_TRANSLATE_NOOP("actions", "Marker &5"),
        QT_TRANSLATE_NOOP("actions", "Marker 5"),
        "",
        ("5",),
        QT_TRANSLATE_NOOP("actions", "Stamp this moment with the label of marker 5"),
    ),
    ActionSpec(
        "analyse",
        QT_TRANSLATE_NOOP("actions", "&Analyse files…"),
        QT_TRANSLATE_NOOP("actions", "Analyse…"),
        "analyse",
        ("Ctrl+Shift+A",),
        QT_TRANSLATE_NOOP("actions", "Read videos, photos and folders into tables and videos"),
    ),
    ActionSpec(
        "sessions",
        QT_TRANSLATE_NOOP("actions", "Recorded s&essions…"),
        QT_TRANSLATE_NOOP("actions", "Sessions"),
        "sessions",
        ("Ctrl+H",),
        QT_TRANSLATE_NOOP("actions", "Replay, report, export or delete what was recorded"),
    ),
    ActionSpec(
        "quit",
        QT_TRANSLATE_NOOP("actions", "&Quit"),
        QT_TRANSLATE_NOOP("actions", "Quit"),
        "power",
        ("Ctrl+Q",),
        QT_TRANSLATE_NOOP("actions", "End the program"),
    ),
    ActionSpec(
        "play",
        QT_TRANSLATE_NOOP("actions", "&Pause"),
        QT_TRANSLATE_NOOP("actions", "Pause"),
        "pause",
        ("Space",),
        QT_TRANSLATE_NOOP("actions", "Let the picture stand still, or go on"),
    ),
    ActionSpec(
        "back",
        QT_TRANSLATE_NOOP("actions", "Five seconds &back"),
        QT_TRANSLATE_NOOP("actions", "Back"),
        "",
        ("J", "Ctrl+Left"),
        QT_TRANSLATE_NOOP("actions", "Go back five seconds in a file"),
    ),
    ActionSpec(
        "forward",
        QT_TRANSLATE_NOOP("actions", "Five seconds &forward"),
        QT_TRANSLATE_NOOP("actions", "Forward"),
        "",
        ("L", "Ctrl+Right"),
        QT_TRANSLATE_NOOP("actions", "Go forward five seconds in a file"),
    ),
    ActionSpec(
        "loop",
        QT_TRANSLATE_NOOP("actions", "&Repeat"),
        QT_TRANSLATE_NOOP("actions", "Repeat"),
        "loop",
        ("Ctrl+Shift+R",),
        QT_TRANSLATE_NOOP("actions", "Start a file again when it has ended"),
        is_checkable=True,
    ),
    ActionSpec(
        "enrol",
        QT_TRANSLATE_NOOP("actions", "&Enrol a person…"),
        QT_TRANSLATE_NOOP("actions", "Enrol"),
        "enrol",
        ("E",),
        QT_TRANSLATE_NOOP(
            "actions", "Teach the program a person's face, from the camera or from photos"
        ),
    ),
    ActionSpec(
        "people",
        QT_TRANSLATE_NOOP("actions", "&People…"),
        QT_TRANSLATE_NOOP("actions", "People"),
        "people",
        ("P",),
        QT_TRANSLATE_NOOP("actions", "Rename, merge, export or delete enrolled people"),
    ),
    ActionSpec(
        "next_face",
        QT_TRANSLATE_NOOP("actions", "&Next face"),
        QT_TRANSLATE_NOOP("actions", "Next face"),
        "faces",
        ("N",),
        QT_TRANSLATE_NOOP("actions", "Select the next face"),
    ),
    ActionSpec(
        "previous_face",
        QT_TRANSLATE_NOOP("actions", "Pre&vious face"),
        QT_TRANSLATE_NOOP("actions", "Previous face"),
        "",
        ("Shift+N",),
        QT_TRANSLATE_NOOP("actions", "Select the previous face"),
    ),
    ActionSpec(
        "why",
        QT_TRANSLATE_NOOP("actions", "&Why unsure or unknown?"),
        QT_TRANSLATE_NOOP("actions", "Why?"),
        "help",
        ("W",),
        QT_TRANSLATE_NOOP(
            "actions", "Say what decided about the selected face, with the numbers behind it"
        ),
    ),
    ActionSpec(
        "landmarks",
        QT_TRANSLATE_NOOP("actions", "Show &landmarks"),
        QT_TRANSLATE_NOOP("actions", "Landmarks"),
        "",
        ("Ctrl+L",),
        QT_TRANSLATE_NOOP("actions", "Draw the five points of each face"),
        is_checkable=True,
    ),
    ActionSpec(
        "track_ids",
        QT_TRANSLATE_NOOP("actions", "Show track &numbers"),
        QT_TRANSLATE_NOOP("actions", "Track numbers"),
        "",
        ("Ctrl+I",),
        QT_TRANSLATE_NOOP("actions", "Write each face's track number beside its name"),
        is_checkable=True,
    ),
    ActionSpec(
        "mirror",
        QT_TRANSLATE_NOOP("actions", "&Mirror cameras"),
        QT_TRANSLATE_NOOP("actions", "Mirror"),
        "",
        ("Ctrl+M",),
        QT_TRANSLATE_NOOP("actions", "Show cameras as in a mirror"),
        is_checkable=True,
    ),
    ActionSpec(
        "fullscreen",
        QT_TRANSLATE_NOOP("actions", "&Full screen"),
        QT_TRANSLATE_NOOP("actions", "Full screen"),
        "fullscreen",
        ("F", "F11"),
        QT_TRANSLATE_NOOP("actions", "Let the window fill the screen"),
        is_checkable=True,
    ),
    ActionSpec(
        "reset_layout",
        QT_TRANSLATE_NOOP("actions", "&Reset layout"),
        QT_TRANSLATE_NOOP("actions", "Reset layout"),
        "panels",
        ("Ctrl+0",),
        QT_TRANSLATE_NOOP("actions", "Put every panel back in its place"),
    ),
    ActionSpec(
        "settings",
        QT_TRANSLATE_NOOP("actions", "&Settings…"),
        QT_TRANSLATE_NOOP("actions", "Settings"),
        "settings",
        ("Ctrl+,",),
        QT_TRANSLATE_NOOP("actions", "Change how faces are found, read and shown"),
    ),
    ActionSpec(
        "models",
        QT_TRANSLATE_NOOP("actions", "&Model packs…"),
        QT_TRANSLATE_NOOP("actions", "Model packs"),
        "models",
        ("Ctrl+Shift+M",),
        QT_TRANSLATE_NOOP("actions", "Download, choose, time or remove the packs that find faces"),
    ),
    ActionSpec(
        "import_zip",
        QT_TRANSLATE_NOOP("actions", "Import model pack from &zip…"),
        QT_TRANSLATE_NOOP("actions", "Import pack zip…"),
        "import",
        ("Ctrl+Shift+Z",),
        QT_TRANSLATE_NOOP(
            "actions", "Install a model pack, for example buffalo_s.zip, from a file"
        ),
    ),
    ActionSpec(
        "import_folder",
        QT_TRANSLATE_NOOP("actions", "Import model pack from f&older…"),
        QT_TRANSLATE_NOOP("actions", "Import pack folder…"),
        "pack",
        ("Ctrl+Shift+F",),
        QT_TRANSLATE_NOOP(
            "actions", "Install a model pack from a folder that holds its .onnx files"
        ),
    ),
    ActionSpec(
        "debug",
        QT_TRANSLATE_NOOP("actions", "Save faces for &debugging"),
        QT_TRANSLATE_NOOP("actions", "Debug mode"),
        "",
        ("Ctrl+Shift+D",),
        QT_TRANSLATE_NOOP(
            "actions", "Save the small pictures that the emotion model reads, to find faults"
        ),
        is_checkable=True,
    ),
    ActionSpec(
        "debug_report",
        QT_TRANSLATE_NOOP("actions", "De&bug report…"),
        QT_TRANSLATE_NOOP("actions", "Debug report…"),
        "",
        ("Ctrl+Shift+B",),
        QT_TRANSLATE_NOOP(
            "actions", "Say whether preprocessing or model is wrong, from the faces saved"
        ),
    ),
    ActionSpec(
        "logs",
        QT_TRANSLATE_NOOP("actions", "Open &log folder"),
        QT_TRANSLATE_NOOP("actions", "Open log folder"),
        "folder",
        ("Ctrl+Shift+L",),
        QT_TRANSLATE_NOOP("actions", "Show the log files, which a bug report needs"),
    ),
    ActionSpec(
        "keys",
        QT_TRANSLATE_NOOP("actions", "&Keyboard shortcuts"),
        QT_TRANSLATE_NOOP("actions", "Keyboard shortcuts"),
        "help",
        ("F1",),
        QT_TRANSLATE_NOOP("actions", "List every key"),
    ),
    ActionSpec(
        "about",
        QT_TRANSLATE_NOOP("actions", "&About facemotion"),
        QT_TRANSLATE_NOOP("actions", "About"),
        "info",
        ("Shift+F1",),
        QT_TRANSLATE_NOOP("actions", "Version, models, folders and licences"),
    ),
)
