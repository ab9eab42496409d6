import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from facemotion.core.errors import SourceError
from facemotion.vision.sources import pictures
from facemotion.vision.sources.image import ImageSource
from facemotion.vision.sources.pictures import (
    decode_picture,
    exif_orientation,
    read_picture,
    to_bgr8,
)

CORNERS = np.zeros((40, 60, 3), np.uint8)
CORNERS[:20, :30] = (255, 0, 0)
CORNERS[:20, 30:] = (0, 255, 0)
CORNERS[20:, :30] = (0, 0, 255)


def encode(suffix: str, picture: np.ndarray) -> bytes:
    is_done, data = cv2.imencode(suffix, picture)
    assert is_done
    return data.tobytes()


def exif_block(orientation: int, order: str = "<") -> bytes:
    head = b"II*\0" if order == "<" else b"MM\0*"
    entry = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    other = struct.pack(order + "HHII", 0x0100, 4, 1, 7)
    return head + struct.pack(order + "IH", 8, 2) + other + entry + b"\0" * 4


def jpeg_with_exif(picture: np.ndarray, exif: bytes) -> bytes:
    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 100])[1].tobytes()
    block = b"Exif\0\0" + exif
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + data[2:]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp", ".tiff", ".ppm"])
def test_reads_colour_pictures_as_bgr(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(encode(suffix, CORNERS))
    picture = read_picture(path)
    assert picture.shape == (40, 60, 3)
    assert picture.dtype == np.uint8
    assert picture[10, 15].argmax() == 0
    assert picture[10, 45].argmax() == 1
    assert picture[30, 15].argmax() == 2


def test_gray_becomes_three_channels() -> None:
    gray = np.arange(48, dtype=np.uint8).reshape(6, 8)
    picture = decode_picture(encode(".png", gray), "gray.png")
    assert (picture == gray[:, :, None]).all()
    assert picture.shape == (6, 8, 3)


def test_sixteen_bits_are_scaled_not_cut() -> None:
    deep = np.array([[0, 256, 32768, 65535]], np.uint16)
    picture = decode_picture(encode(".png", deep), "deep.png")
    assert picture[0, :, 0].tolist() == [0, 1, 128, 255]


def test_floating_point_pictures_are_stretched() -> None:
    picture = decode_picture(encode(".tiff", np.float32([[[0, 0.5, 1]] * 2])), "float.tiff")
    assert picture[0, 0].tolist() == [0, 128, 255]


def test_transparent_parts_lie_over_white() -> None:
    picture = np.zeros((2, 3, 4), np.uint8)
    picture[:, 1] = (10, 20, 30, 255)
    picture[:, 2] = (0, 0, 0, 128)
    seen = decode_picture(encode(".png", picture), "clear.png")
    assert seen[0].tolist() == [[255, 255, 255], [10, 20, 30], [127, 127, 127]]


def test_gray_with_transparency() -> None:
    seen = to_bgr8(np.array([[[50, 255], [50, 0]]], np.uint8))
    assert seen.tolist() == [[[50, 50, 50], [255, 255, 255]]]


def test_refuses_other_numbers_of_channels() -> None:
    with pytest.raises(ValueError, match="1 to 4 channels"):
        to_bgr8(np.zeros((2, 2, 5), np.uint8))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_turn_is_applied_as_opencv_does(orientation: int, order: str) -> None:
    data = jpeg_with_exif(CORNERS, exif_block(orientation, order))
    expected = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert (decode_picture(data, "turned.jpg") == expected).all()


@pytest.mark.parametrize("exif", [b"", b"XX*\0", b"II*\0\x08\0\0\0", exif_block(9), b"Exif\0\0II"])
def test_damaged_exif_means_upright(exif: bytes) -> None:
    assert exif_orientation(exif) == 1


def test_one_pixel_and_odd_sizes() -> None:
    for size in ((1, 1), (7, 3), (1, 200)):
        assert decode_picture(encode(".png", np.zeros((*size, 3), np.uint8)), "a").shape[:2] == size


def test_large_picture_is_read_and_a_huge_one_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    large = encode(".jpg", np.zeros((6000, 8000), np.uint8))
    assert decode_picture(large, "large.jpg").shape == (6000, 8000, 3)
    monkeypatch.setattr(pictures, "MAX_PIXELS", 1000)
    with pytest.raises(SourceError, match=r"60×40 pixels.*smaller copy"):
        decode_picture(encode(".jpg", CORNERS), "huge.jpg")


@pytest.mark.parametrize("suffix", [".png", ".bmp"])
def test_huge_size_in_the_header_is_refused_before_decoding(suffix: str) -> None:
    data = bytearray(encode(suffix, CORNERS))
    if suffix == ".png":
        struct.pack_into(">II", data, 16, 200_000, 200_000)
    else:
        struct.pack_into("<ii", data, 18, 200_000, -200_000)
    with pytest.raises(SourceError, match="200000×200000 pixels"):
        decode_picture(bytes(data), "bomb")


@pytest.mark.parametrize("data", [b"hello, this is text", b"\x89PNG\r\n\x1a\n", b"BM"])
def test_other_content_is_no_picture(data: bytes) -> None:
    with pytest.raises(SourceError, match=r"note\.png is not a picture that can be read"):
        decode_picture(data, "note.png")


def test_damaged_picture_has_a_sentence() -> None:
    whole = encode(".png", np.random.default_rng(0).integers(0, 255, (90, 90, 3), np.uint8))
    with pytest.raises(SourceError, match="damaged"):
        decode_picture(whole[:60], "cut.png")


def test_heic_has_its_own_sentence(tmp_path: Path) -> None:
    path = tmp_path / "IMG_1.HEIC"
    path.write_bytes(b"\0\0\0\x18ftypheic" + b"\0" * 40)
    with pytest.raises(SourceError, match=r"HEIC photo.*JPEG"):
        read_picture(path)


def test_missing_empty_and_folder(tmp_path: Path) -> None:
    empty = tmp_path / "empty.png"
    empty.touch()
    with pytest.raises(SourceError, match=r"empty\.png is empty"):
        read_picture(empty)
    with pytest.raises(SourceError, match="There is no file"):
        read_picture(tmp_path / "none.png")
    with pytest.raises(SourceError, match="is a folder"):
        read_picture(tmp_path)


def test_refused_file_has_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(SourceError, match="may not be read"):
        read_picture(tmp_path / "a.png")

    def fail(path: Path) -> bytes:
        raise OSError(5, "Input/output error", str(path))

    monkeypatch.setattr(Path, "read_bytes", fail)
    with pytest.raises(SourceError, match="cannot be read: Input/output error"):
        read_picture(tmp_path / "a.png")


def test_path_in_any_script(tmp_path: Path) -> None:
    path = tmp_path / "Zoë 李明 محمد.png"
    path.write_bytes(encode(".png", CORNERS))
    with ImageSource(path) as source:
        assert source.info.name == path.name
        assert (source.info.width_px, source.info.height_px) == (60, 40)
        frame = source.read()
        assert frame is not None
        assert frame.name == path.name
        assert (frame.time_s, frame.index) == (0.0, 0)
        assert source.read() is None
        source.seek(3.0)
        assert source.read() is not None
    assert source.read() is None
    source.open()
    assert source.read() is not None
    source.close()


def test_image_source_must_be_opened(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="before it was opened"):
        ImageSource(tmp_path / "a.png").read()


def test_enrolment_photos_are_opaque(shared_dir: Path) -> None:
    paths = sorted((shared_dir / "media" / "people").glob("*.png"))
    assert len(paths) == 6
    for path in paths:
        assert (read_picture(path) == cv2.imread(str(path), cv2.IMREAD_COLOR)).all()
