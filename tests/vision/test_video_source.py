import os
import threading
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from facemotion.core.errors import SourceError
from facemotion.core.types import Frame
from facemotion.vision.sources.decoding import square_pixels, stream_rate
from facemotion.vision.sources.video import VideoSource
from tests.vision.videos import even_times, gray_frame, shade, write_sound, write_video


def read_all(source: VideoSource) -> list[Frame]:
    frames = []
    while (frame := source.read()) is not None:
        frames.append(frame)
    return frames


def number_of(frame: Frame) -> int:
    """Number of a gray frame, by its shade."""
    level = float(frame.frame_bgr.mean())
    return min(range(30), key=lambda index: abs(shade(index) - level))


def has_encoder(name: str) -> bool:
    try:
        av.codec.Codec(name, "w")
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    ("name", "codec", "options", "pix_fmt"),
    [
        ("h264.mp4", "libx264", {}, "yuv420p"),
        ("hevc.mp4", "libx265", {"x265-params": "log-level=error"}, "yuv420p"),
        ("vp9.webm", "libvpx-vp9", {"deadline": "realtime"}, "yuv420p"),
        ("av1.mp4", "libsvtav1", {"preset": "13"}, "yuv420p"),
        ("mjpeg.mov", "mjpeg", {}, "yuvj420p"),
        ("Zoë 李明.mkv", "libx264", {}, "yuv420p"),
    ],
)
def test_formats(
    tmp_path: Path, name: str, codec: str, options: dict[str, str], pix_fmt: str
) -> None:
    if not has_encoder(codec):
        pytest.skip(f"this PyAV has no encoder {codec}")
    path = write_video(tmp_path / name, even_times(20), codec, (64, 64), options, pix_fmt)
    with VideoSource(path) as source:
        info = source.info
        assert (info.name, info.width_px, info.height_px) == (name, 64, 64)
        assert info.fps == pytest.approx(25.0, abs=0.1)
        assert info.duration_s == pytest.approx(0.8, abs=0.05)
        assert info.is_seekable
        assert not info.is_live
        frames = read_all(source)
        assert [frame.index for frame in frames] == list(range(20))
        assert [frame.time_s for frame in frames] == pytest.approx(even_times(20), abs=2e-3)
        assert [number_of(frame) for frame in frames] == list(range(20))
        assert all(frame.frame_bgr.flags.c_contiguous for frame in frames)


def test_variable_rate_keeps_its_times(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.5, 0.52, 1.7, 1.71]
    with VideoSource(write_video(tmp_path / "a.mp4", times)) as source:
        assert [f.time_s for f in read_all(source)] == pytest.approx(times, abs=1e-3)


def test_time_begins_with_the_first_picture(tmp_path: Path) -> None:
    times = [1.7, 1.74, 1.78]
    with VideoSource(write_video(tmp_path / "a.mkv", times)) as source:
        assert [f.time_s for f in read_all(source)] == pytest.approx([0.0, 0.04, 0.08], abs=2e-3)


@pytest.mark.parametrize("gop", ["1", "12", "250"])
def test_seeks_exactly(tmp_path: Path, gop: str) -> None:
    options = {"g": gop, "keyint_min": gop}
    path = write_video(tmp_path / "a.mp4", even_times(30), options=options)
    with VideoSource(path) as source:
        for time_s, number in ((0.6, 15), (0.2, 5), (0.61, 15), (0.0, 0), (1.16, 29), (-3.0, 0)):
            source.seek(time_s)
            frame = source.read()
            assert frame is not None
            assert (number_of(frame), frame.index) == (number, number)
            assert frame.time_s == pytest.approx(number / 25.0, abs=1e-3)
            following = source.read()
            assert (following and number_of(following)) == (number + 1 if number < 29 else None)


def test_seek_beyond_the_end_shows_the_last_picture(tmp_path: Path) -> None:
    with VideoSource(write_video(tmp_path / "a.mp4", even_times(10))) as source:
        source.seek(99.0)
        frame = source.read()
        assert frame is not None
        assert number_of(frame) == 9
        assert source.read() is None
        source.seek(0.0)
        assert len(read_all(source)) == 10


def test_seek_in_variable_rate_gives_the_picture_on_show(tmp_path: Path) -> None:
    with VideoSource(write_video(tmp_path / "a.mp4", [0.0, 0.04, 1.0, 1.04])) as source:
        source.seek(0.9)
        frame = source.read()
        assert frame is not None
        assert frame.time_s == pytest.approx(0.04, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("a.ts", "libx264", "yuv420p"),
        ("a.flv", "libx264", "yuv420p"),
        ("raw.h264", "libx264", "yuv420p"),
        ("raw.mjpeg", "mjpeg", "yuvj420p"),
    ],
)
def test_formats_that_seek_badly_or_not_at_all(
    tmp_path: Path, name: str, codec: str, pix_fmt: str
) -> None:
    options = {"g": "12"}
    path = write_video(tmp_path / name, even_times(50), codec, options=options, pix_fmt=pix_fmt)
    with VideoSource(path) as source:
        assert [f.time_s for f in read_all(source)] == pytest.approx(even_times(50), abs=2e-3)
        for number in (0, 30, 7, 49, 13):
            source.seek(number / 25.0)
            frame = source.read()
            assert frame is not None
            assert frame.time_s == pytest.approx(number / 25.0, abs=2e-3)
            assert frame.index == number
            assert number_of(frame) == number % 30


def write_marked(path: Path, rotation: int, aspect: Fraction | None = None) -> Path:
    """A video with a white upper left corner, turned by its metadata."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        picture = np.zeros((64, 96, 3), np.uint8)
        picture[:32, :48] = 255
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    if rotation:
        _write_rotation(path, rotation)
    return path


def _write_rotation(path: Path, degrees: int) -> None:
    """Put a rotation into the display matrix of an MP4's only track, clockwise."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 4 + 20 + 16
    one = 1 << 16
    cos, sin = {90: (0, one), 180: (-one, 0), 270: (0, -one)}[degrees]
    values = (cos, sin, 0, -sin, cos, 0, 0, 0, 1 << 30)
    for index, value in enumerate(values):
        data[at + 4 * index : at + 4 * index + 4] = value.to_bytes(4, "big", signed=True)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("rotation", "size", "corner"),
    [
        (0, (96, 64), (0, 0)),
        (90, (64, 96), (1, 0)),
        (180, (96, 64), (1, 1)),
        (270, (64, 96), (0, 1)),
    ],
)
def test_rotation_metadata(
    tmp_path: Path, rotation: int, size: tuple[int, int], corner: tuple[int, int]
) -> None:
    with VideoSource(write_marked(tmp_path / "a.mp4", rotation)) as source:
        assert (source.info.width_px, source.info.height_px) == size
        frame = source.read()
        assert frame is not None
        picture = frame.frame_bgr
        halves = [(x, y) for x in (0, 1) for y in (0, 1)]
        bright = max(
            halves, key=lambda at: picture[_half(at[1], size[1]), _half(at[0], size[0])].mean()
        )
        assert bright == corner


def _half(number: int, length: int) -> slice:
    return slice(number * length // 2, (number + 1) * length // 2)


def test_pixels_that_are_not_square_are_stretched(tmp_path: Path) -> None:
    with VideoSource(write_marked(tmp_path / "a.mp4", 0, Fraction(4, 3))) as source:
        frame = source.read()
        assert frame is not None
        assert frame.frame_bgr.shape == (64, 128, 3)
        assert (source.info.width_px, source.info.height_px) == (128, 64)
    picture = gray_frame(0)
    assert square_pixels(picture, 0.0) is picture
    assert square_pixels(picture, 99.0) is picture


def test_odd_sizes(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", even_times(3), "ffv1", (33, 17), pix_fmt="yuv444p")
    with VideoSource(path) as source:
        assert read_all(source)[0].frame_bgr.shape == (17, 33, 3)


def test_truncated_file_plays_what_it_has(tmp_path: Path) -> None:
    whole = write_video(
        tmp_path / "a.mkv", even_times(30), "mjpeg", pix_fmt="yuvj420p"
    ).read_bytes()
    path = tmp_path / "cut.mkv"
    path.write_bytes(whole[: len(whole) // 2])
    with VideoSource(path) as source:
        frames = read_all(source)
        assert 5 <= len(frames) < 25
        source.seek(0.0)
        assert len(read_all(source)) == len(frames)


def test_mp4_with_its_index_in_front_cut_off(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=25, options={"g": "5", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(100):
            noise = rng.integers(0, 255, (64, 64, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(noise, format="bgr24")))
        container.mux(stream.encode())
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    with VideoSource(path) as source:
        assert source.problems == ()
        assert 40 < len(read_all(source)) < 90
        (problem,) = source.problems
        assert "a.mp4 ends at" in problem
        assert "of 4.0 s: the rest is missing" in problem


def test_damage_in_the_middle_is_skipped(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.avi", even_times(20), "mjpeg", pix_fmt="yuvj420p")
    data = bytearray(path.read_bytes())
    middle = data.index(b"\xff\xd8", len(data) // 2)
    data[middle : middle + 12] = b"\0" * 12
    path.write_bytes(data)
    with VideoSource(path) as source:
        assert len(read_all(source)) in (18, 19, 20)


def test_files_that_are_no_video(tmp_path: Path) -> None:
    text, empty = tmp_path / "text.mp4", tmp_path / "empty.mp4"
    text.write_text("This is a letter, not a film.\n" * 100)
    empty.touch()
    subtitles = tmp_path / "subtitles.mp4"
    subtitles.write_text("1\n00:00:00,000 --> 00:00:02,000\nhello\n")
    letter = tmp_path / "letter.txt"
    letter.write_text("This is a letter, not a film.\n" * 100)
    cut = tmp_path / "cut.mp4"
    whole = write_video(tmp_path / "whole.mp4", even_times(20)).read_bytes()
    cut.write_bytes(whole[: len(whole) // 2])
    for path, words in (
        (text, r"text\.mp4 is not a video that can be read"),
        (empty, r"empty\.mp4 is empty"),
        (cut, r"cut\.mp4 is not a video.*damaged or cut off"),
        (subtitles, r"holds no pictures"),
        (letter, r"holds no pictures"),
        (write_sound(tmp_path / "sound.m4a"), r"sound\.m4a holds only sound"),
        (tmp_path / "none.mp4", r"There is no file .*none\.mp4"),
        (tmp_path, r"is a folder"),
    ):
        with pytest.raises(SourceError, match=words):
            VideoSource(path).open()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(SourceError, match="device or pipe"):
        VideoSource(tmp_path / "pipe.mp4").open()


def test_playlist_posing_as_a_video_opens_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "list.mp4"
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nhttp://127.0.0.1:9/a.ts\n")
    with pytest.raises(SourceError):
        VideoSource(path).open()


def test_reading_needs_open_and_ends_after_close(tmp_path: Path) -> None:
    source = VideoSource(write_video(tmp_path / "a.mp4", even_times(5)))
    with pytest.raises(SourceError, match="before it was opened"):
        source.read()
    with pytest.raises(SourceError, match="before it was opened"):
        source.seek(0.0)
    source.open()
    source.open()
    assert source.read() is not None
    source.close()
    source.close()
    assert source.read() is None
    source.open()
    assert len(read_all(source)) == 5
    source.close()


def test_close_from_another_thread_while_reading(tmp_path: Path) -> None:
    source = VideoSource(write_video(tmp_path / "a.mp4", even_times(200)))
    source.open()
    counts: list[int] = []
    reader = threading.Thread(target=lambda: counts.append(len(read_all(source))))
    reader.start()
    source.close()
    reader.join(5.0)
    assert not reader.is_alive()
    assert counts[0] <= 200


class _Stream:
    average_rate, guessed_rate, base_rate = None, Fraction(90000), Fraction(30)


def test_unusable_rates_are_passed_over() -> None:
    assert stream_rate(_Stream()) == 30.0
    _Stream.base_rate = Fraction(0)
    assert stream_rate(_Stream()) == 25.0
