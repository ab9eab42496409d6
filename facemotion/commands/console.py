"""What the commands say: results on stdout, everything about the work on stderr."""

import json
import sys
from types import TracebackType
from typing import Any, Final, Self, TextIO

EXIT_OK: Final = 0
EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_PARTLY: Final = 3
EXIT_INTERRUPTED: Final = 130

_PROGRESS_STEPS: Final = 1000


class Console:
    """Writes for people or, with `is_json`, one JSON value for programs.

    Args:
        is_json: Whether only the JSON value goes to stdout.
        out: Where results go; stdout by default, which a program without a console lacks.
        err: Where notes and progress go; stderr by default.
    """

    def __init__(
        self, is_json: bool = False, out: TextIO | None = None, err: TextIO | None = None
    ) -> None:
        self.is_json = is_json
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        for stream in (self._out, self._err):
            # A console that lacks a name's letters shows their codes instead of failing.
            reconfigure = getattr(stream, "reconfigure", None)
            if reconfigure is not None:
                reconfigure(errors="backslashreplace")

    def say(self, text: str) -> None:
        """A line of the result; silent with `is_json`."""
        if not self.is_json:
            self._write(self._out, f"{text}\n")

    def note(self, text: str) -> None:
        """A line about the work, on stderr."""
        self._write(self._err, f"{text}\n")

    def give(self, value: Any) -> None:
        """The result for programs; silent without `is_json`."""
        if self.is_json:
            is_utf8 = (getattr(self._out, "encoding", None) or "").lower() in ("utf-8", "utf8")
            self._write(self._out, json.dumps(value, indent=2, ensure_ascii=not is_utf8) + "\n")

    def progress(self, label: str) -> "ProgressBar":
        """A bar on stderr; silent where stderr is no terminal."""
        is_terminal = self._err is not None and self._err.isatty()
        return ProgressBar(label, self._err if is_terminal else None)

    @staticmethod
    def _write(stream: TextIO | None, text: str) -> None:
        if stream is not None:
            stream.write(text)
            stream.flush()


class ProgressBar:
    """How far a job is, with the time that is left.

    Args:
        label: What is done.
        stream: A terminal, or None to stay silent.
    """

    def __init__(self, label: str, stream: TextIO | None) -> None:
        self._label = label
        self._stream = stream
        self._bar: Any = None

    def show(self, fraction: float | None, detail: str) -> None:
        """Show a state.

        Args:
            fraction: In [0, 1], or None when the end is not known.
            detail: A few words.
        """
        if self._stream is None:
            return
        if self._bar is None:
            self._bar = self._make_bar(fraction is not None)
        self._bar.set_postfix_str(detail, refresh=False)
        if fraction is None:
            self._bar.update(1)
        else:
            self._bar.update(round(fraction * _PROGRESS_STEPS) - self._bar.n)

    def _make_bar(self, has_end: bool) -> Any:
        from tqdm import tqdm

        # Without tqdm's monitor, which is a thread of its own.
        make: Any = type("QuietBar", (tqdm,), {"monitor_interval": 0})
        if has_end:
            form = "{desc} {percentage:3.0f} %|{bar}| {elapsed} < {remaining}{postfix}"
            return make(total=_PROGRESS_STEPS, desc=self._label, file=self._stream, bar_format=form)
        return make(desc=self._label, file=self._stream, bar_format="{desc} {elapsed}{postfix}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()
