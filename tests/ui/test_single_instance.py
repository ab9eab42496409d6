"""One window a user: two real programs, and the parts between them."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from facemotion.ui.single_instance import Place, SingleInstance, instance_name
from facemotion.ui.start_clock import WINDOW
from tests.ui import programs

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes have no files to look at")


@pytest.fixture(autouse=True)
def own_socket_folder(monkeypatch):
    with tempfile.TemporaryDirectory() as folder:  # pytest's are too long for a socket's name
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(folder)


@pytest.fixture
def instance(qapp):
    made = []

    def make(name):
        made.append(SingleInstance(name))
        return made[-1]

    yield make
    for each in made:
        each.end()
        each.deleteLater()


CALL = """
import sys
from facemotion.ui.single_instance import SingleInstance
print(SingleInstance(sys.argv[1]).begin(sys.argv[2]).name)
"""


def call(name, source):
    """Another start, as a process of its own: waiting for the answer holds Python up."""
    return subprocess.Popen(
        [sys.executable, "-c", CALL, name, source],
        stdout=subprocess.PIPE,
        text=True,
        cwd=programs.REPOSITORY,
    )


# ----- two programs


@pytest.mark.slow
def test_a_second_start_shows_its_source_in_the_first_window(tmp_path, photo):
    home = programs.make_home(tmp_path)
    with programs.started(home=home) as first:
        programs.wait_for_log(home, WINDOW)
        second = programs.run("--source", photo.name, home=home, cwd=photo.parent)
        assert (second.returncode, second.stderr) == (0, "")
        settings = home / "config" / "settings.toml"
        programs.wait_for(
            lambda: settings.exists() and str(photo) in settings.read_text("utf-8"), "the photo"
        )
        assert first.poll() is None
    assert first.returncode == 0
    assert programs.read_log(home).count(WINDOW) == 1
    assert list(Path(os.environ["XDG_RUNTIME_DIR"]).glob("facemotion-*")) == []


@pytest.mark.slow
def test_another_window_can_be_asked_for_and_a_stopped_one_is_told_of(tmp_path):
    home = programs.make_home(tmp_path)
    with programs.started(home=home) as first:
        programs.wait_for_log(home, WINDOW)
        with programs.started("--new-window", home=home):
            programs.wait_for(lambda: programs.read_log(home).count(WINDOW) == 2, "another window")
        first.send_signal(signal.SIGSTOP)
        second = programs.run(home=home)
        first.send_signal(signal.SIGCONT)
        assert second.returncode == 1
        assert "does not answer" in second.stderr
        assert "--new-window" in second.stderr
        assert second.stderr.count("\n") == 1


@pytest.mark.slow
def test_after_a_killed_window_the_next_one_opens_and_says_so(tmp_path):
    home = programs.make_home(tmp_path)
    with programs.started(home=home) as first:
        programs.wait_for_log(home, WINDOW)
        first.kill()
    assert len(list((home / "logs").glob("session-*.log"))) == 1
    with programs.started(home=home) as second:
        programs.wait_for(lambda: programs.read_log(home).count(WINDOW) == 2, "the next window")
        assert programs.run(home=home).returncode == 0  # it listens in the dead one's place
    assert second.returncode == 0
    assert list((home / "logs").glob("session-*.log")) == []
    assert len(list((home / "logs").glob("crash-*.log"))) == 1


# ----- the parts


def test_names_differ_with_what_they_stand_for(own_socket_folder):
    name = instance_name(["a", "b"])
    assert name == instance_name(["a", "b"])
    assert len({name, instance_name(["ab"]), instance_name(["a", "c"])}) == 3
    assert Path(name).parent == own_socket_folder
    assert len(os.fsencode(name)) < 108 or len(os.fsencode(str(own_socket_folder))) > 60


def test_without_a_folder_for_sockets_the_temporary_one_is_used(monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/nowhere")
    assert Path(instance_name(["a"])).parent == Path(tempfile.gettempdir())


def test_the_first_hears_the_second(qtbot, instance):
    name = instance_name(["here"])
    first = instance(name)
    assert first.begin() is Place.FIRST
    for source in ("demo", "", "/ä/ö.mp4"):
        with qtbot.waitSignal(first.called, timeout=20000) as heard:
            caller = call(name, source)
        assert heard.args == [source]
        assert caller.communicate(timeout=20)[0] == "HANDED_OVER\n"


def test_a_window_that_does_not_answer_is_not_waited_for_for_ever(qapp, instance):
    name = instance_name(["deaf"])
    server = QLocalServer()
    assert server.listen(name)  # it accepts, as the system does for it, and never reads
    assert instance(name).begin("demo", answer_ms=200) is Place.NO_ANSWER
    server.close()


def test_a_window_that_is_about_to_end_makes_room(qtbot, instance):
    name = instance_name(["ending"])
    server = QLocalServer()
    assert server.listen(name)
    caller = call(name, "demo")
    qtbot.waitUntil(server.hasPendingConnections, timeout=20000)
    server.nextPendingConnection().abort()
    server.close()
    assert caller.communicate(timeout=20)[0] == "FIRST\n"


def test_a_dead_ones_socket_is_taken_over(instance):
    name = instance_name(["dead"])
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(name)
    assert Path(name).exists()
    assert instance(name).begin() is Place.FIRST
    assert Path(name).is_socket()


def test_a_strangers_socket_is_let_alone(qapp, instance, monkeypatch, caplog):
    name = instance_name(["stranger"])
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.bind(name)
        stranger.listen()
        monkeypatch.setattr(os, "getuid", lambda: 54321)
        assert instance(name).begin("/secret.mp4") is Place.FIRST
        stranger.setblocking(False)
        with pytest.raises(BlockingIOError):
            stranger.accept()
    assert "stranger" in caplog.text


def test_a_folder_that_takes_no_socket_is_logged(qapp, instance, caplog):
    assert instance("/nowhere/at/all").begin() is Place.FIRST
    assert "not heard" in caplog.text


@pytest.mark.parametrize("line", [b"nonsense\n", b"[]\n", b'{"source": 3}\n', b"x" * 70000])
def test_nonsense_is_not_heard(qtbot, instance, line):
    name = instance_name(["nonsense"])
    first = instance(name)
    assert first.begin() is Place.FIRST
    heard = []
    first.called.connect(heard.append)
    client = QLocalSocket()
    client.connectToServer(name)
    assert client.waitForConnected(1000)
    client.write(line)
    client.flush()
    qtbot.waitUntil(lambda: client.state() == QLocalSocket.LocalSocketState.UnconnectedState)
    assert heard == []
