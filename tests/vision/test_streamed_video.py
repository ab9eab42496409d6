import errno
import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from facemotion.core.errors import OutputError
from facemotion.vision.streamed_video import StreamedVideoWriter
from facemotion.vision.video_writer import TICKS_PER_S


def picture(index, size=(96, 64)):
    rng = np.random.default_rng(index)
    return rng.integers(0, 255, (size[1], size[0], 3), np.uint8)


def decoded(path):
    """Times and key frames of what can be read, as a player would."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    return [float(f.pts * f.time_base) for f in frames], [f.key_frame for f in frames]


def atoms(path):
    data, at, found = path.read_bytes(), 0, []
    while at + 8 <= len(data):
        found.append(data[at + 4 : at + 8].decode())
        at += int.from_bytes(data[at : at + 4], "big")
    return found


def test_a_closed_video_is_an_ordinary_one(tmp_path):
    path = tmp_path / "a.mp4"
    times_s = [0.0, 0.05, 0.4, 1.2, 1.21, 3.456]
    with StreamedVideoWriter(path, 25.0, (95, 63)) as writer:
        for index, time_s in enumerate(times_s):
            writer.write(picture(index, (95, 63)), time_s)
    assert atoms(path) == ["ftyp", "free", "mdat", "moov"]
    found_s, keys = decoded(path)
    assert found_s == pytest.approx(times_s, abs=1.0 / TICKS_PER_S)
    assert keys == [True, False, False, True, False, True]
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        assert (context.width, context.height) == (96, 64)
    assert os.listdir(tmp_path) == ["a.mp4"]


def test_it_is_readable_while_it_is_written(tmp_path):
    path = tmp_path / "a.mp4"
    writer = StreamedVideoWriter(path, 24.0, (96, 64))
    for index in range(48):
        writer.write(picture(index), index / 24.0)
    times_s, _keys = decoded(path)
    assert times_s[-1] >= 47 / 24.0 - 0.5
    writer.close()
    writer.close()
    assert len(decoded(path)[0]) == 48


def test_killed_in_the_middle_all_but_the_last_moment_is_there(tmp_path):
    path = tmp_path / "a.mp4"
    code = f"""
import numpy as np, os, signal
from facemotion.vision.streamed_video import StreamedVideoWriter
writer = StreamedVideoWriter(__import__("pathlib").Path({str(path)!r}), 24.0, (96, 64))
rng = np.random.default_rng(0)
for index in range(120):
    writer.write(rng.integers(0, 255, (64, 96, 3), np.uint8), index / 24.0)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=60)
    assert done.returncode == -9
    times_s, _keys = decoded(path)
    assert times_s == pytest.approx([n / 24.0 for n in range(len(times_s))], abs=0.001)
    assert times_s[-1] >= 119 / 24.0 - 0.5
    assert "moof" in atoms(path)


class FullDisk:
    """A file on a disk of so many bytes."""

    def __init__(self, file, size):
        self.file, self.size = file, size

    def write(self, data):
        room = self.size - self.file.tell()
        if room <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.file.write(data[:room])

    def __getattr__(self, name):
        return getattr(self.file, name)


@pytest.mark.parametrize("ends_by", ["writing", "closing"])
def test_a_full_disk_leaves_what_was_written(tmp_path, ends_by):
    path = tmp_path / "a.mp4"
    writer = StreamedVideoWriter(path, 24.0, (96, 64))
    last = writer._file
    for index in range(60):
        writer.write(picture(index), index / 24.0)
    room = 4000 if ends_by == "writing" else 10
    last._file = FullDisk(last._file, path.stat().st_size + room)

    def go_on():
        for index in range(60, 120 if ends_by == "writing" else 60):
            writer.write(picture(index), index / 24.0)
        writer.close()

    with pytest.raises(OutputError, match=r"No space left.*stays"):
        go_on()
    writer.close()
    writer.discard()
    times_s, _keys = decoded(path)
    assert times_s[-1] >= 59 / 24.0 - 0.9
    assert atoms(path)[0] == "ftyp"


def test_given_up_it_stays_readable(tmp_path):
    path = tmp_path / "a.mp4"

    def stop_half_way():
        with StreamedVideoWriter(path, 24.0, (96, 64)) as writer:
            for index in range(48):
                writer.write(picture(index), index / 24.0)
            raise KeyError

    with pytest.raises(KeyError):
        stop_half_way()
    assert decoded(path)[0][-1] >= 1.5


def test_without_a_frame_there_is_no_file(tmp_path):
    for end in ("close", "discard"):
        writer = StreamedVideoWriter(tmp_path / "a.mp4", 24.0, (96, 64))
        getattr(writer, end)()
        assert os.listdir(tmp_path) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(OutputError, match=r"nowhere.*cannot be written"):
        StreamedVideoWriter(Path(tmp_path / "nowhere" / "a.mp4"), 24.0, (96, 64))
