"""The options of the command line; nothing heavy is imported for them."""

import argparse
import importlib
from collections.abc import Callable
from typing import Final

from facemotion.version import __version__

Handler = Callable[[argparse.Namespace], int]

_DESCRIPTION: Final = """\
Watches a camera, a video or photos, finds every face, says who it is and how the person feels.
Everything stays on this machine. Without a command the window opens."""

_EPILOG: Final = """\
Model packs: --pack takes a folder with InsightFace models, or the name of an installed pack. When
it is not given, the environment variable FACEMOTION_PACK counts, then the settings, then the pack
that comes with the program.

Exit codes: 0 done, 1 failed, 2 wrong use, 3 done in part, 130 stopped with Ctrl-C."""

_ANALYZE_TEXT: Final = """\
Finds the faces of a video, a picture or a folder of pictures and writes into the output folder:

  timeline.csv, timeline.jsonl   one row per face per processed frame
  annotated.mp4                  a video's frames with boxes, names and emotions
  annotated/NAME.png             the same for a picture or each picture of a folder
  summary.json                   who was seen for how long, and how they felt

The pictures of a folder stand alone: nothing is carried over from one to the next. The same input
gives the same timeline, byte for byte. Files of an earlier analysis in the folder are replaced when
the new one is done. When the same was asked for before, of the same input with the same models,
people and settings, its results are kept as they are; --again does them once more.

Several inputs, or a folder with videos in it, make a batch: each video, and the pictures of each
folder together, get a folder of their own in the output folder, and batch.json lists them. An
input that cannot be read is reported there and the others go on. A batch that was stopped, or
killed, goes on with the same command: what is whole is kept, the rest is done from its beginning,
and the results are those of a batch that was never stopped, whatever --jobs says. One video is not
split."""

_OUTPUTS: Final = ("csv", "jsonl", "video")


def build_parser() -> argparse.ArgumentParser:
    """The parser; commands are imported only when they run."""
    parser = argparse.ArgumentParser(
        prog="facemotion",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"facemotion {__version__}")
    parser.add_argument(
        "--source",
        metavar="SOURCE",
        nargs="?",  # a menu entry may name none
        help="what the window shows: camera:0, a file, a folder, an address, or demo",
    )
    _add_folders(parser, default=None)
    parser.add_argument("--language", metavar="CODE", help="language of the window, such as en")
    parser.add_argument(
        "--new-window",
        action="store_true",
        help="open another window, instead of bringing the one that is open to the front",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    _add_enroll(commands)
    _add_people(commands)
    _add_forget(commands)
    _add_analyze(commands)
    _add_report(commands)
    _add_debug_report(commands)
    _add_packs(commands)
    _add_doctor(commands)
    _add_self_test_process(commands)
    return parser


def _add_folders(parser: argparse.ArgumentParser, *, default: object) -> None:
    """`--pack` and `--gallery`; a subcommand must not overwrite what stands before it."""
    parser.add_argument(
        "--pack", metavar="DIR", default=default, help="folder or name of the model pack"
    )
    _add_gallery(parser, default=default)


def _add_gallery(parser: argparse.ArgumentParser, *, default: object) -> None:
    parser.add_argument(
        "--gallery", metavar="DIR", default=default, help="folder of the enrolled people"
    )


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the result as JSON only")


def _add_enroll(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "enroll",
        help="teach facemotion a person from photos",
        description="Enrols a person from photos that show one face each. When the name is "
        "enrolled already, the photos are added.",
    )
    parser.add_argument("name", metavar="NAME", help="what the person is called")
    parser.add_argument("photos", metavar="PHOTO", nargs="+", help="picture files, 3 to 5 are good")
    _add_folders(parser, default=argparse.SUPPRESS)
    parser.add_argument(
        "--replace",
        action="store_true",
        help="forget the embeddings the person has, for example those of another pack",
    )
    parser.add_argument(
        "--keep-photos",
        action="store_true",
        help="keep the accepted faces as pictures beside the embeddings",
    )
    _add_json(parser)
    _handled_by(parser, "facemotion.commands.people", "enroll")


def _add_people(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("people", help="list who is enrolled")
    _add_gallery(parser, default=argparse.SUPPRESS)
    _add_json(parser)
    _handled_by(parser, "facemotion.commands.people", "people")


def _add_forget(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "forget",
        help="delete a person",
        description="Deletes a person: embeddings, photos and damaged copies.",
    )
    parser.add_argument("name", metavar="NAME", help="the person's name")
    _add_gallery(parser, default=argparse.SUPPRESS)
    _add_json(parser)
    _handled_by(parser, "facemotion.commands.people", "forget")


def _add_analyze(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "analyze",
        help="read a video, a picture or a folder into files",
        description=_ANALYZE_TEXT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "input",
        metavar="INPUT",
        nargs="+",
        help="video, picture, folder, address, camera:0, or demo; several are analysed one by one",
    )
    parser.add_argument("--out", metavar="DIR", required=True, help="folder for the results")
    _add_folders(parser, default=argparse.SUPPRESS)
    parser.add_argument(
        "--fps",
        metavar="N",
        type=_positive,
        help="read at most N frames a second; boxes are carried along in between (default: all)",
    )
    parser.add_argument(
        "--seconds",
        metavar="S",
        type=_positive,
        help="stop after S seconds of the input (default: its end, or 10 where there is none)",
    )
    parser.add_argument(
        "--outputs",
        metavar="LIST",
        type=_outputs,
        default="csv,jsonl,video",
        help="what is written beside the summary, of csv, jsonl and video (default: all three); "
        "without video it is faster",
    )
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=_count,
        help="how many inputs are analysed at the same time, each in a process of its own "
        "(default: one for each processor; with a graphics card one)",
    )
    parser.add_argument(
        "--recursive", action="store_true", help="search the folders inside folders as well"
    )
    parser.add_argument(
        "--again", action="store_true", help="analyse once more what is there already"
    )
    parser.add_argument(
        "--no-neutral-faces",
        action="store_true",
        help="leave the readings of people with a stored neutral face as they are",
    )
    _add_json(parser)
    _handled_by(parser, "facemotion.commands.analyze", "analyze")


def _add_packs(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from facemotion.commands.packs_options import add_actions

    parser = commands.add_parser(
        "packs",
        help="list, download, import, remove and choose model packs",
        description="A pack's licence is shown before its download and has to be accepted.",
    )
    add_actions(parser)


def _add_report(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "report",
        help="make a page of a recorded session or an analysed file",
        description="Writes one HTML page that needs no network: who appeared and for how long, "
        "emotion timelines, changes, markers, quality, models and settings.",
    )
    parser.add_argument(
        "session",
        metavar="SESSION_DIR",
        help="folder of a recorded session, or one that analyze has filled",
    )
    parser.add_argument(
        "--out", metavar="FILE", help="the page (default: report.html in the folder)"
    )
    parser.add_argument("--png", action="store_true", help="write each plot as a picture, too")
    parser.add_argument("--pdf", action="store_true", help="write a PDF beside the page, too")
    parser.add_argument(
        "--no-faces", action="store_true", help="leave the small pictures of the people out"
    )
    _add_json(parser)
    _handled_by(parser, "facemotion.commands.report", "report")


def _add_debug_report(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "debug-report",
        help="say whether preprocessing or model is wrong, from faces saved by debug mode",
        description="Judges the 48×48 faces that debug mode saved (Tools → Save faces for "
        "debugging) against the training's, and writes one HTML page: verdict, reasons, counts, "
        "mean faces, light, contact sheet. Nothing leaves this machine.",
    )
    parser.add_argument("folder", metavar="FOLDER", help="the folder that debug mode filled")
    parser.add_argument(
        "--out", metavar="FILE", help="the page (default: debug-report.html in the folder)"
    )
    _add_json(parser)
    _handled_by(parser, "facemotion.commands.debug_report", "debug_report")


def _add_doctor(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "doctor",
        help="say what works here and what does not",
        description="Lists versions, providers, packs, cameras and folders, times the models, and "
        "names every problem found. Paste its output into a bug report.",
    )
    _add_folders(parser, default=argparse.SUPPRESS)
    _add_json(parser)
    _handled_by(parser, "facemotion.commands.doctor", "doctor")
    parser.add_argument(
        "--self-test",
        dest="handle",
        action="store_const",
        const=_handler("facemotion.commands.self_test", "self_test"),
        help="try out the whole program instead: window, demo, models, enrolment; prints JSON and "
        "touches none of your data",
    )
    parser.add_argument(
        "--on-screen",
        action="store_true",
        help="with --self-test: open the window on the desktop, not unseen",
    )


def _add_self_test_process(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """What `doctor --self-test` starts; not listed among the commands."""
    parser = commands.add_parser(
        "self-test-process",
        description="The process that “doctor --self-test” starts and watches. It writes into the "
        "folders of FACEMOTION_HOME: run “doctor --self-test” instead, which sets it.",
    )
    parser.add_argument("report", metavar="FILE", help="where the report is written")
    parser.add_argument("--pack", metavar="DIR", default=None, help="folder of another pack")
    _handled_by(parser, "facemotion.self_test", "run")


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 256:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 256")
    return int(text)


def _outputs(text: str) -> tuple[str, ...]:
    wanted = {part.strip().lower() for part in text.split(",")} - {""}
    unknown = wanted - set(_OUTPUTS)
    if unknown:
        raise argparse.ArgumentTypeError(
            f"{', '.join(sorted(unknown))!r} is none of {', '.join(_OUTPUTS)}"
        )
    return tuple(name for name in _OUTPUTS if name in wanted)


def _handled_by(parser: argparse.ArgumentParser, module: str, function: str) -> None:
    parser.set_defaults(handle=_handler(module, function))


def _handler(module: str, function: str) -> Handler:
    def handle(options: argparse.Namespace) -> int:
        return getattr(importlib.import_module(module), function)(options)

    return handle
