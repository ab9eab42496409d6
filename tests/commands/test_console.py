import io
import json
import os
import signal
import threading

import pytest

from facemotion.commands.console import Console
from facemotion.commands.interrupt import ctrl_c_cancels


class Terminal(io.StringIO):
    def isatty(self):
        return True


def narrow(encoding):
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")


def test_json_is_all_there_is_on_stdout():
    out, err = io.StringIO(), io.StringIO()
    console = Console(True, out, err)
    console.say("for people")
    console.note("about the work")
    console.give({"name": "Zoë"})
    assert json.loads(out.getvalue()) == {"name": "Zoë"}
    assert err.getvalue() == "about the work\n"


def test_people_get_no_json():
    out = io.StringIO()
    console = Console(False, out, io.StringIO())
    console.say("for people")
    console.give({"name": "Zoë"})
    assert out.getvalue() == "for people\n"


def test_a_console_without_the_letters_shows_codes():
    out = narrow("ascii")
    Console(False, out, io.StringIO()).say("Zoë 名")
    assert out.buffer.getvalue() == b"Zo\\xeb \\u540d\n"
    out = narrow("cp1252")
    Console(True, out, io.StringIO()).give("Zoë 名")
    assert json.loads(out.buffer.getvalue().decode("ascii")) == "Zoë 名"


def test_utf8_keeps_the_letters():
    out = narrow("utf-8")
    Console(True, out, io.StringIO()).give("名")
    assert out.buffer.getvalue().decode("utf-8") == '"名"\n'


def test_a_program_without_a_console_stays_silent(monkeypatch):
    monkeypatch.setattr("sys.stdout", None)
    monkeypatch.setattr("sys.stderr", None)
    console = Console()
    console.say("x")
    console.note("x")
    with console.progress("x") as bar:
        bar.show(0.5, "x")


def test_progress_shows_on_a_terminal_only():
    silent = io.StringIO()
    with Console(False, io.StringIO(), silent).progress("clip") as bar:
        bar.show(0.5, "half")
    assert silent.getvalue() == ""
    terminal = Terminal()
    with Console(False, io.StringIO(), terminal).progress("clip") as bar:
        bar.show(0.0, "begun")
        bar.show(1.0, "done")
    assert "clip" in terminal.getvalue()
    assert "100 %" in terminal.getvalue()
    endless = Terminal()
    with Console(False, io.StringIO(), endless).progress("camera") as bar:
        bar.show(None, "3 frames")
    assert "camera" in endless.getvalue()


@pytest.fixture
def interruptible():
    """As in the foreground: what a shell starts in the background ignores Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
@pytest.mark.usefixtures("interruptible")
def test_the_first_ctrl_c_asks_and_the_second_interrupts():
    before = signal.getsignal(signal.SIGINT)

    def press_twice():
        with ctrl_c_cancels() as cancel:
            assert not cancel.is_set()
            os.kill(os.getpid(), signal.SIGINT)
            assert cancel.wait(2)
            os.kill(os.getpid(), signal.SIGINT)
            threading.Event().wait(2)

    with pytest.raises(KeyboardInterrupt):
        press_twice()
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_have_no_signals():
    seen = []

    def work():
        with ctrl_c_cancels() as cancel:
            seen.append(cancel.is_set())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [False]
