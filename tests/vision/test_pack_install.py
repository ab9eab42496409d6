import dataclasses
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from facemotion.core.errors import ModelError
from facemotion.vision import pack_shelf
from facemotion.vision.download import DownloadCancelledError, DownloadError, DownloadProgress
from facemotion.vision.http_reading import Cancel
from facemotion.vision.pack_catalogue import CATALOGUE, KNOWN_MODELS, PackDescription
from facemotion.vision.pack_install import (
    LicenceNotAcceptedError,
    clean_up,
    discard_download,
    install_pack,
    partial_bytes,
    remove_pack,
)
from facemotion.vision.pack_shelf import find_on_shelf, read_shelf
from facemotion.vision.pack_speed import measure_speed
from facemotion.vision.packs import Pack, find_packs, open_pack
from tests.vision.pack_server import IMPATIENT, PackServer, loose_pack, zipped_pack
from tests.vision.tiny_models import write_pack


@pytest.fixture
def server() -> Iterator[PackServer]:
    with PackServer() as running:
        yield running


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    return tmp_path / "data" / "packs"


def install(description: PackDescription, packs: Path) -> Pack:
    return install_pack(description, packs, {description.licence.key}, patience=IMPATIENT)


def test_catalogue_is_sound() -> None:
    assert len({entry.pack_id for entry in CATALOGUE}) == len(CATALOGUE)
    for entry in CATALOGUE:
        for digest in (file.sha256 for file in (*entry.files, *entry.downloads)):
            assert len(bytes.fromhex(digest)) == 32
        assert all(file.sha256 in KNOWN_MODELS for file in entry.files)
        assert all(url.startswith("https://") for file in entry.downloads for url in file.urls)
        assert entry.is_zip or entry.download_bytes == entry.installed_bytes
        assert entry.licence.text
        assert entry.speed in ("fast", "medium", "slow")


def test_licence_key_changes_with_its_text() -> None:
    licence = CATALOGUE[0].licence
    assert dataclasses.replace(licence, text="Do as you like.").key != licence.key
    assert dataclasses.replace(licence, title="Another").key == licence.key


def test_zip(server: PackServer, packs: Path, tiny_pack: Path) -> None:
    description = zipped_pack(server, tiny_pack, extra=b"a model for another task")
    heard: list[DownloadProgress] = []
    pack = install_pack(description, packs, {description.licence.key}, heard.append)
    assert pack.folder == packs / "tiny"
    assert (pack.name, pack.pack_id, pack.problem) == ("Tiny pack", "tiny", "")
    assert pack.licence == description.licence.title
    assert pack.model_id == open_pack(tiny_pack).model_id
    assert sorted(os.listdir(pack.folder)) == ["det_tiny.onnx", "pack.toml", "rec_tiny.onnx"]
    assert heard[-1].received_bytes == description.download_bytes
    assert find_packs([packs]) == [pack]
    assert partial_bytes(description, packs) == 0


def test_loose_files(server: PackServer, packs: Path, tiny_pack: Path) -> None:
    description = loose_pack(server, tiny_pack)
    server.plans.extend(["", "cut 3000"])
    heard: list[DownloadProgress] = []
    pack = install_pack(
        description, packs, {description.licence.key}, heard.append, patience=IMPATIENT
    )
    assert pack.folder == packs / "loose"
    received = [step.received_bytes for step in heard]
    assert received == sorted(received)
    assert {step.total_bytes for step in heard} == {description.download_bytes}
    assert received[-1] == description.download_bytes


def test_without_the_licence_nothing_is_asked_for(
    server: PackServer, packs: Path, tiny_pack: Path
) -> None:
    description = zipped_pack(server, tiny_pack)
    with pytest.raises(LicenceNotAcceptedError, match="has to be accepted first"):
        install_pack(description, packs, {"another-licence"})
    assert server.seen == []
    assert not packs.exists()


def test_twice_is_once(server: PackServer, packs: Path, tiny_pack: Path) -> None:
    description = zipped_pack(server, tiny_pack)
    assert install(description, packs) == install(description, packs)
    assert len(server.seen) == 1


@pytest.mark.parametrize("plan", ["status 404", "status 500", "cut 2000", "declare 7", "stall 9"])
def test_nothing_is_half_installed(
    server: PackServer, packs: Path, tiny_pack: Path, plan: str
) -> None:
    description = zipped_pack(server, tiny_pack)
    server.plans.extend([plan] + ["status 503"] * 9)
    with pytest.raises(DownloadError, match=r"[Tt]ry again"):
        install(description, packs)
    assert find_packs([packs]) == []
    assert os.listdir(packs) == [".partial"]
    server.plans.clear()
    assert install(description, packs).folder == packs / "tiny"
    assert os.listdir(packs / ".partial") == []


def test_a_wrong_zip_is_not_installed(server: PackServer, packs: Path, tiny_pack: Path) -> None:
    description = zipped_pack(server, tiny_pack)
    server.files["/tiny.zip"] = bytes(description.download_bytes)
    with pytest.raises(DownloadError, match="not the file that we know"):
        install(description, packs)
    assert find_packs([packs]) == []


def test_wrong_files_inside_are_not_installed(
    server: PackServer, packs: Path, tiny_pack: Path
) -> None:
    description = zipped_pack(server, tiny_pack)
    first, second = description.files
    other = dataclasses.replace(description, files=(dataclasses.replace(first, sha256="0" * 64),))
    with pytest.raises(ModelError, match=r"det_tiny\.onnx in the download .* not the file"):
        install(other, packs)
    missing = dataclasses.replace(second, name="w600k_r50.onnx")
    lacking = dataclasses.replace(description, files=(first, missing))
    with pytest.raises(ModelError, match=r"w600k_r50\.onnx is missing from the download"):
        install(lacking, packs)
    assert find_packs([packs]) == []


def test_cancel_and_go_on(server: PackServer, packs: Path, tiny_pack: Path) -> None:
    description = loose_pack(server, tiny_pack)
    cancel = Cancel()

    def stop_in_second(step: DownloadProgress) -> None:
        if step.received_bytes > description.downloads[0].size_bytes:
            cancel.ask()

    with pytest.raises(DownloadCancelledError):
        install_pack(description, packs, {description.licence.key}, stop_in_second, cancel)
    kept = partial_bytes(description, packs)
    assert kept > description.downloads[0].size_bytes
    shelf = read_shelf(packs, [])
    assert not any(entry.is_installed for entry in shelf)
    server.seen.clear()
    install(description, packs)
    assert "/det_tiny.onnx" not in [path for path, _ in server.seen]


def test_discard(server: PackServer, packs: Path, tiny_pack: Path) -> None:
    description = zipped_pack(server, tiny_pack)
    server.plans.extend(["cut 1000"] + ["status 503"] * 9)
    with pytest.raises(DownloadError):
        install(description, packs)
    assert partial_bytes(description, packs) == 1000
    discard_download(description, packs)
    assert partial_bytes(description, packs) == 0


def test_no_room(server: PackServer, packs: Path, tiny_pack: Path) -> None:
    description = zipped_pack(server, tiny_pack)
    huge = dataclasses.replace(description.downloads[0], size_bytes=1 << 60)
    with pytest.raises(ModelError, match=r"needs .* MB on the disk .* Make room"):
        install(dataclasses.replace(description, downloads=(huge,)), packs)
    assert server.seen == []


def test_a_damaged_pack_is_replaced(server: PackServer, packs: Path, tiny_pack: Path) -> None:
    description = zipped_pack(server, tiny_pack)
    folder = install(description, packs).folder
    for damage in (b"", (folder / "rec_tiny.onnx").read_bytes() + b"\0"):
        (folder / "rec_tiny.onnx").write_bytes(damage)
        assert install(description, packs).problem == ""
        assert sorted(os.listdir(packs)) == [".partial", "tiny"]


def test_another_pack_of_that_name_stays(server: PackServer, packs: Path, tiny_pack: Path) -> None:
    own = write_pack(packs / "tiny", dim=8)
    assert install(zipped_pack(server, tiny_pack), packs).folder == packs / "tiny-2"
    assert open_pack(own).embedding_dim == 8


def test_remove(packs: Path, tiny_pack: Path) -> None:
    folder = packs / "tiny"
    shutil.copytree(tiny_pack, folder)
    with pytest.raises(ModelError, match=r"is in use\. Choose another one first"):
        remove_pack(folder, packs, in_use=packs / "x" / ".." / "tiny")
    remove_pack(folder, packs, in_use=packs / "other")
    assert os.listdir(packs) == []
    with pytest.raises(ModelError, match="is no pack that was installed"):
        remove_pack(folder, packs)


@pytest.mark.parametrize("name", ["..", ".", ".partial", "../outside", "inner/deeper"])
def test_only_installed_packs_are_removed(packs: Path, tiny_pack: Path, name: str) -> None:
    for place in (".partial", "../outside", "inner/deeper"):
        shutil.copytree(tiny_pack, packs / place)
    with pytest.raises(ModelError, match="is not deleted"):
        remove_pack(packs / name, packs)
    assert (packs / "../outside/det_tiny.onnx").is_file()
    assert (packs / "inner/deeper/det_tiny.onnx").is_file()


def test_of_a_link_only_the_link_is_removed(packs: Path, tiny_pack: Path) -> None:
    packs.mkdir(parents=True)
    (packs / "link").symlink_to(tiny_pack, target_is_directory=True)
    remove_pack(packs / "link", packs)
    assert not (packs / "link").exists()
    assert (tiny_pack / "det_tiny.onnx").is_file()


def test_leftovers(packs: Path, tiny_pack: Path) -> None:
    for name in (".removed-1", ".import-old", ".import-new", ".partial/old", ".partial/new"):
        shutil.copytree(tiny_pack, packs / name)
    long_ago = time.time() - 40 * 24 * 3600
    for name in (".import-old", ".partial/old"):
        for path in (packs / name, *(packs / name).iterdir()):
            os.utime(path, (long_ago, long_ago))
    clean_up(packs)
    assert sorted(os.listdir(packs)) == [".import-new", ".partial"]
    assert os.listdir(packs / ".partial") == ["new"]
    clean_up(packs / "none")


class TestShelf:
    def test_order_and_state(
        self,
        server: PackServer,
        packs: Path,
        tiny_pack: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        shipped = tmp_path / "models" / "builtin"
        shutil.copytree(tiny_pack, shipped)
        (shipped / "pack.toml").write_text('id = "builtin"\nname = "Built-in"\nspeed = "fast"')
        shutil.copytree(tiny_pack, packs / "mine")
        (packs / "broken").mkdir()
        (packs / "broken" / "det.onnx").write_bytes(b"no model")
        description = zipped_pack(server, tiny_pack)
        monkeypatch.setattr(pack_shelf, "CATALOGUE", (description,))
        shelf = read_shelf(packs, (packs, shipped), in_use=shipped)
        assert [(e.pack_id, e.is_installed, e.is_removable, e.is_in_use) for e in shelf] == [
            ("builtin", True, False, True),
            ("broken", False, True, False),
            ("mine", True, True, False),
            ("tiny", False, False, False),
        ]
        assert [e.is_builtin for e in shelf] == [True, False, False, False]
        assert "det.onnx" in shelf[1].problem
        assert (shelf[0].speed, shelf[0].embedding_dim) == ("fast", 16)
        assert (shelf[3].size_bytes, shelf[3].licence) == (
            description.download_bytes,
            description.licence.title,
        )
        install(description, packs)
        entry = find_on_shelf(read_shelf(packs, (packs, shipped)), "tiny")
        assert entry.is_installed
        assert entry.description == description
        assert (entry.accuracy, entry.source) == (description.accuracy, description.source)

    def test_a_folder_of_that_name_may_hold_other_models(
        self, packs: Path, tiny_pack: Path
    ) -> None:
        shutil.copytree(tiny_pack, packs / "buffalo_l")
        entry = find_on_shelf(read_shelf(packs, ()), "buffalo_l")
        assert (entry.description, entry.title, entry.licence) == (None, "buffalo_l", "")

    def test_names(self, packs: Path, tiny_pack: Path) -> None:
        shutil.copytree(tiny_pack, packs / "mine")
        shelf = read_shelf(packs, (), in_use=tiny_pack)
        assert find_on_shelf(shelf, "mine").folder == packs / "mine"
        assert find_on_shelf(shelf, str(tiny_pack)).is_in_use
        assert find_on_shelf(shelf, "buffalo_s").folder is None
        with pytest.raises(ModelError, match=r"There is no pack called nothing\. There are: "):
            find_on_shelf(shelf, "nothing")


def test_speed(tiny_pack: Path, tmp_path: Path) -> None:
    speed = measure_speed(open_pack(tiny_pack), det_size=320)
    assert speed.detect_ms > 0.0
    assert speed.embed_ms is not None
    assert speed.provider == "CPU"
    alone = open_pack(write_pack(tmp_path / "alone", has_recogniser=False))
    assert measure_speed(alone, det_size=320).embed_ms is None
