import errno
import os
from pathlib import Path

import av
import numpy as np
import pytest

from facemotion.core.errors import OutputError
from facemotion.vision.sources.video import VideoSource
from facemotion.vision.video_writer import VideoWriter


def picture(index: int, size: tuple[int, int] = (96, 64)) -> np.ndarray:
    frame = np.zeros((size[1], size[0], 3), np.uint8)
    frame[:, :, index % 3] = 40 + 20 * (index % 10)
    frame[size[1] // 2 :, : size[0] // 2] = 255
    return frame


def write(path: Path, times_s: list[float | None], size: tuple[int, int] = (96, 64)) -> Path:
    with VideoWriter(path, 25.0, size) as writer:
        for index, time_s in enumerate(times_s):
            writer.write(picture(index, size), time_s)
        assert not path.exists()
        assert writer.frame_count == len(times_s)
    return path


def atoms(path: Path) -> list[str]:
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        found.append(data[at + 4 : at + 8].decode())
        at += int.from_bytes(data[at : at + 4], "big")
    return found


def test_browser_can_play_it(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", [None] * 12)
    order = atoms(path)
    assert order.index("moov") < order.index("mdat")
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.codec_tag == "avc1"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert (stream.width, stream.height) == (96, 64)
        assert float(stream.average_rate) == pytest.approx(25.0, abs=0.01)


def test_colours_come_back(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", [None] * 6, (320, 240))
    with VideoSource(path) as source:
        for index in range(6):
            frame = source.read()
            assert frame is not None
            expected = picture(index, (320, 240))
            for y, x in ((20, 20), (20, 300), (200, 20), (200, 300)):
                assert np.abs(frame.frame_bgr[y, x].astype(int) - expected[y, x]).max() < 16


def test_times_are_kept(tmp_path: Path) -> None:
    times = [0.0, 0.033, 0.5, 0.52, 2.0]
    with VideoSource(write(tmp_path / "a.mp4", list(times))) as source:
        seen = [source.read() for _ in times]
        assert [f and f.time_s for f in seen] == pytest.approx(times, abs=1e-3)


def test_times_that_stand_still_or_go_back_are_moved(tmp_path: Path) -> None:
    with VideoSource(write(tmp_path / "a.mp4", [0.5, 0.5, 0.2, 1.0])) as source:
        count = 0
        while source.read() is not None:
            count += 1
        assert count == 4


@pytest.mark.parametrize(
    ("size", "even"), [((95, 63), (96, 64)), ((1, 1), (2, 2)), ((64, 33), (64, 34))]
)
def test_odd_sizes_are_padded(tmp_path: Path, size: tuple[int, int], even: tuple[int, int]) -> None:
    with VideoSource(write(tmp_path / "a.mp4", [None] * 3, size)) as source:
        assert (source.info.width_px, source.info.height_px) == even


def test_frames_of_another_size_are_fitted_in(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with VideoWriter(path, 25.0, (200, 100)) as writer:
        writer.write(np.full((100, 200, 3), 255, np.uint8))
        writer.write(np.full((300, 300, 3), 255, np.uint8))
        writer.write(np.full((20, 80, 3), 255, np.uint8))
    with VideoSource(path) as source:
        bars = []
        while (frame := source.read()) is not None:
            bars.append((frame.frame_bgr[50, 5].mean() < 30, frame.frame_bgr[5, 100].mean() < 30))
        assert bars == [(False, False), (True, False), (False, True)]


def test_same_frames_give_the_same_bytes(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 255, (72, 128, 3), np.uint8) for _ in range(20)]
    contents = []
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        with VideoWriter(tmp_path / name, 24.0, (128, 72)) as writer:
            for frame in frames:
                writer.write(frame)
        contents.append((tmp_path / name).read_bytes())
    assert contents[0] == contents[1] == contents[2]


def test_discarded_video_leaves_the_older_one(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.mp4"
    write(path, [None] * 3)
    before = path.read_bytes()

    def stop_half_way() -> None:
        with VideoWriter(path, 25.0, (96, 64)) as writer:
            writer.write(picture(0))
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        stop_half_way()
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["a.mp4"]
    writer = VideoWriter(path, 25.0, (96, 64))
    writer.discard()
    writer.discard()
    with pytest.raises(ValueError, match="was closed"):
        writer.write(picture(0))


def test_video_without_frames_is_no_file(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "a.mp4", 0.0, (96, 64))
    writer.close()
    writer.close()
    assert os.listdir(tmp_path) == []


def test_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file")
    with pytest.raises(OutputError, match=r"cannot be written.*Choose another folder"):
        VideoWriter(tmp_path / "file" / "a.mp4", 25.0, (96, 64))
    (tmp_path / ".a.mp4.part").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        VideoWriter(tmp_path / "a.mp4", 25.0, (96, 64))


def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    writer = VideoWriter(tmp_path / "a.mp4", 25.0, (96, 64))
    writer.write(picture(0))
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OutputError, match="No space left on device"):
        writer.close()
    assert os.listdir(tmp_path) == []
    writer = VideoWriter(tmp_path / "a.mp4", 25.0, (96, 64))

    class Full:
        def encode(self, *_: object) -> None:
            refuse()

    writer._stream = Full()
    with pytest.raises(OutputError, match="No space left on device"):
        writer.write(picture(0))
    assert os.listdir(tmp_path) == []
