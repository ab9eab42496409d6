"""The options of `facemotion packs`; nothing heavy is imported for them."""

import argparse
import importlib
from functools import partial
from typing import Final

_NAME_HELP: Final = "its name, as “list” shows it"
_HANDLERS: Final = {
    "list": "list_packs",
    "download": "download",
    "import": "import_",
    "remove": "remove",
    "use": "use",
}


def add_actions(parser: argparse.ArgumentParser) -> None:
    """Give the command its actions, each with its options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    actions.add_parser("list", help="what is installed and what can be downloaded")
    download = actions.add_parser("download", help="download and install a pack")
    download.add_argument("name", metavar="NAME", help=_NAME_HELP)
    download.add_argument(
        "--accept-licence", action="store_true", help="accept the licence without being asked"
    )
    importing = actions.add_parser("import", help="install a pack from a folder or a zip")
    importing.add_argument("source", metavar="PATH", help="the folder or the zip")
    removing = actions.add_parser("remove", help="delete an installed pack")
    removing.add_argument("name", metavar="NAME", help=_NAME_HELP)
    using = actions.add_parser("use", help="choose the pack to work with")
    using.add_argument("name", metavar="NAME", help=f"{_NAME_HELP}, or the folder of one")
    using.add_argument(
        "--gallery", metavar="DIR", default=argparse.SUPPRESS, help="folder of the enrolled people"
    )
    using.add_argument(
        "--reembed",
        action="store_true",
        help="read the photos kept of people again, so that this pack knows them too",
    )
    for name, action in actions.choices.items():
        action.add_argument("--json", action="store_true", help="print the result as JSON only")
        action.set_defaults(handle=partial(_handle, _HANDLERS[name]))


def _handle(function: str, options: argparse.Namespace) -> int:
    return getattr(importlib.import_module("facemotion.commands.packs"), function)(options)
