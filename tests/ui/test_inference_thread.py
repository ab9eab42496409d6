import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QObject, Slot

from facemotion.core.errors import GalleryError
from facemotion.core.matching import GalleryIndex
from facemotion.store.paths import AppPaths
from facemotion.store.settings import Settings
from facemotion.ui import inference_thread, model_desk
from facemotion.ui.inference_thread import InferenceThread
from facemotion.ui.mailbox import Mailbox
from facemotion.ui.model_desk import model_request
from facemotion.ui.picture import Picture, render_bgra
from facemotion.vision.sources.demo import DemoSource
from tests.ui.results import frame

WAIT_MS = 20000


class Listener(QObject):
    def __init__(self, thread, results):
        super().__init__()
        self.results_box, self.results = results, []
        self.infos, self.failures, self.sizes, self.gallery_problems = [], [], [], []
        self.verdicts, self.refusals, self.ends, self.missing = [], [], [], 0
        thread.models_ready.connect(self.on_ready)
        thread.models_missing.connect(self.on_missing)
        thread.models_failed.connect(self.on_models_failed)
        thread.gallery_loaded.connect(self.on_gallery)
        thread.gallery_failed.connect(self.on_gallery_failed)
        thread.result_ready.connect(self.on_result)
        thread.photo_examined.connect(self.on_photo)
        thread.photos_refused.connect(self.on_refused)
        thread.failed.connect(self.on_failed)

    @Slot(object)
    def on_ready(self, info):
        self.infos.append(info)

    @Slot()
    def on_missing(self):
        self.missing += 1

    @Slot(str)
    def on_models_failed(self, sentence):
        self.failures.append(sentence)

    @Slot(int)
    def on_gallery(self, size):
        self.sizes.append(size)

    @Slot(str)
    def on_gallery_failed(self, sentence):
        self.gallery_problems.append(sentence)

    @Slot()
    def on_result(self):
        result = self.results_box.take()
        if result is not None:
            self.results.append(result)

    @Slot(int, object)
    def on_photo(self, job_id, verdict):
        self.verdicts.append((job_id, verdict))

    @Slot(int, str)
    def on_refused(self, job_id, sentence):
        self.refusals.append((job_id, sentence))

    @Slot(str)
    def on_failed(self, sentence):
        self.ends.append(sentence)


def picture_of(some_frame, is_still=False):
    height, width = some_frame.frame_bgr.shape[:2]
    return Picture(some_frame, render_bgra(some_frame.frame_bgr, (width, height)), is_still)


@pytest.fixture(scope="module")
def faces_frame():
    with DemoSource() as demo:
        return demo.read()


@pytest.fixture
def inference(qapp):
    made = []

    def start(loader=GalleryIndex.empty, interval_s=0.02):
        results = Mailbox()
        thread = InferenceThread(results, loader, interval_s)
        listener = Listener(thread, results)
        made.append(thread)
        thread.start()
        return thread, listener

    yield start
    for thread in made:
        thread.stop()
        assert thread.wait(5000)
    qapp.processEvents()


def request_for(pack):
    return model_request(Settings(), AppPaths.default(), str(pack) if pack else "")


def test_without_a_pack_it_says_so_and_waits_for_another_request(qtbot, inference, monkeypatch):
    monkeypatch.setattr(model_desk, "pack_roots", lambda _paths: ())
    thread, heard = inference()
    thread.request_models(request_for(None))
    qtbot.waitUntil(lambda: heard.missing == 1, timeout=WAIT_MS)
    thread.examine(5, [frame().frame_bgr])
    qtbot.waitUntil(lambda: bool(heard.refusals), timeout=WAIT_MS)
    assert heard.refusals[0][0] == 5
    thread.pictures.put(picture_of(frame()))
    qtbot.wait(50)
    assert heard.results == []
    assert thread.isRunning()


def test_a_damaged_pack_gives_its_sentence(qtbot, inference, tmp_path):
    (tmp_path / "det_10g.onnx").write_bytes(b"no model")
    thread, heard = inference()
    thread.request_models(request_for(tmp_path))
    qtbot.waitUntil(lambda: bool(heard.failures), timeout=WAIT_MS)
    assert "det_10g.onnx" in heard.failures[0]
    thread.request_models(request_for(tmp_path / "nowhere"))
    qtbot.waitUntil(lambda: len(heard.failures) == 2, timeout=WAIT_MS)
    assert "nowhere" in heard.failures[1]


def test_it_reads_faces_photos_and_people(qtbot, inference, shared_pack, shared_dir, faces_frame):
    names = []

    def loader(model_id):
        names.append(model_id)
        return GalleryIndex.empty(model_id)

    thread, heard = inference(loader)
    thread.request_models(request_for(shared_pack))
    qtbot.waitUntil(lambda: bool(heard.infos), timeout=WAIT_MS)
    info = heard.infos[0]
    assert info.has_recogniser
    assert info.providers["detection"].actual == "CPU"
    qtbot.waitUntil(lambda: heard.sizes == [0], timeout=WAIT_MS)
    assert names == [info.model_id]

    thread.pictures.put(picture_of(faces_frame))
    qtbot.waitUntil(lambda: bool(heard.results), timeout=WAIT_MS)
    assert len(heard.results[-1].faces) >= 4

    # People known from now on are recognised in the same picture, though no new one came.
    photo = shared_dir / "media" / "people" / "person_1.png"
    thread.examine(9, [photo, photo.with_name("missing.png"), faces_frame.frame_bgr])
    qtbot.waitUntil(lambda: len(heard.verdicts) == 3, timeout=WAIT_MS)
    assert [job for job, _ in heard.verdicts] == [9, 9, 9]
    assert [verdict.accepted for _, verdict in heard.verdicts] == [True, False, False]
    count = len(heard.results)
    rows = heard.verdicts[0][1].embedding[None]
    thread.set_gallery(GalleryIndex(rows, ["p"], {"p": "Ana"}, info.model_id))
    qtbot.waitUntil(lambda: heard.sizes[-1] == 1, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: len(heard.results) > count, timeout=WAIT_MS)

    # Embeddings of another model are refused, and the thread goes on.
    thread.set_gallery(GalleryIndex(rows, ["p"], {"p": "Ana"}, "other-00000000"))
    qtbot.waitUntil(lambda: bool(heard.gallery_problems), timeout=WAIT_MS)

    # A photo stands alone: its faces are numbered from 1 again.
    thread.reset()
    thread.pictures.put(picture_of(faces_frame, is_still=True))
    count = len(heard.results)
    qtbot.waitUntil(lambda: len(heard.results) > count, timeout=WAIT_MS)
    assert heard.results[-1].faces[0].track_id == 1
    count = len(heard.results)
    thread.tune(dataclasses.replace(request_for(shared_pack), det_threshold=0.99))
    qtbot.waitUntil(lambda: len(heard.results) > count, timeout=WAIT_MS)
    assert heard.results[-1].faces == ()
    assert heard.ends == []
    assert thread.rate.per_s(0.0) >= 0.0


def test_a_gallery_that_cannot_be_read_is_reported(qtbot, inference, shared_pack):
    def loader(_model_id):
        raise GalleryError("the disk is on holiday")

    thread, heard = inference(loader)
    thread.reload_gallery()  # without models there is nobody to compare with: nothing happens
    thread.request_models(request_for(shared_pack))
    qtbot.waitUntil(lambda: bool(heard.gallery_problems), timeout=WAIT_MS)
    assert heard.gallery_problems == ["the disk is on holiday"]


def test_an_unexpected_error_ends_the_thread_with_a_sentence(qtbot, inference, monkeypatch, caplog):
    def explode(_request):
        raise RuntimeError("out of magic")

    monkeypatch.setattr(inference_thread, "load_models", explode)
    thread, heard = inference()
    thread.request_models(request_for(None))
    qtbot.waitUntil(lambda: bool(heard.ends), timeout=WAIT_MS)
    assert "unexpected" in heard.ends[0]
    assert "out of magic" in caplog.text
    qtbot.waitUntil(thread.isFinished, timeout=WAIT_MS)


def test_inference_keeps_its_interval(qtbot, inference, shared_pack):
    thread, heard = inference(interval_s=0.25)
    thread.request_models(request_for(shared_pack))
    qtbot.waitUntil(lambda: bool(heard.infos), timeout=WAIT_MS)
    small = picture_of(frame())
    for _ in range(20):
        thread.pictures.put(small)
        qtbot.wait(25)
    assert 1 <= len(heard.results) <= 4
    count = len(heard.results)
    thread.set_interval(0.02)
    for _ in range(12):
        thread.pictures.put(small)
        qtbot.wait(25)
    assert len(heard.results) > count
    assert np.isfinite(heard.results[-1].timings_ms["total"])
