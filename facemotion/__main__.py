"""The command line: `facemotion` opens the window, `facemotion COMMAND` works without one."""

import argparse
import contextlib
import logging
import os
import sys
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

from facemotion.commands.options import build_parser

if TYPE_CHECKING:
    from facemotion.commands.console import Console


def main(argv: Sequence[str] | None = None) -> int:
    """Run facemotion.

    Args:
        argv: Arguments without the program's name; those of the process by default.

    Returns:
        The exit code.
    """
    # Before numpy is loaded: its products are small, and more threads would take the video's time.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    arguments = list(sys.argv[1:] if argv is None else argv)
    options = build_parser().parse_args(arguments)
    return _open_window(arguments) if options.command is None else _run_command(options)


def _open_window(arguments: Sequence[str]) -> int:
    """Open the window; when even that fails there are last words, by double-click as well."""
    try:
        from facemotion.app import main as open_window

        return open_window(arguments)
    except Exception as error:  # noqa: BLE001 - the boundary; it is logged there
        from facemotion.last_words import fail

        return fail(error)


def _run_command(options: argparse.Namespace) -> int:
    """Run a command; whatever goes wrong becomes a sentence and an exit code."""
    from facemotion.commands.console import EXIT_FAILED, EXIT_INTERRUPTED, Console
    from facemotion.core.errors import FacemotionError

    console = Console()
    with _logging(console) as log_place:
        try:
            return options.handle(options)
        except FacemotionError as error:
            logging.getLogger(__name__).info("%s failed: %s", options.command, error)
            console.note(f"facemotion: {error}")
        except KeyboardInterrupt:
            console.note("facemotion: stopped.")
            return EXIT_INTERRUPTED
        except BrokenPipeError:
            # Whoever read the output is gone; Python must not complain again while it exits.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except Exception:  # the boundary: nobody sees a traceback
            logging.getLogger(__name__).exception("%s failed unexpectedly", options.command)
            console.note(f"facemotion: an unexpected error happened; {log_place} says more.")
        return EXIT_FAILED


@contextlib.contextmanager
def _logging(console: "Console") -> Generator[str]:
    """Log into the user's log file; without one the command still runs."""
    from facemotion.core.errors import OutputError
    from facemotion.store.logs import logging_to
    from facemotion.store.paths import AppPaths

    with contextlib.ExitStack() as stack:
        try:
            log_place = str(stack.enter_context(logging_to(AppPaths.default().log_file)))
        except OutputError as error:
            console.note(f"facemotion: {error}")
            log_place = "the message above"
        yield log_place


if __name__ == "__main__":
    if getattr(sys, "frozen", False):
        import multiprocessing

        # The processes of an analysis are this program started again.
        multiprocessing.freeze_support()
    sys.exit(main())
