import itertools
import json
import threading

import pytest

from facemotion.analysis.runner import ENDLESS_LIMIT_S, AnalysisOptions, analyse
from facemotion.analysis.tuning import pipeline_params
from facemotion.core.errors import SourceError
from facemotion.store.settings import Settings
from facemotion.vision.faces import FaceModels
from facemotion.vision.packs import open_pack
from facemotion.vision.pipeline import FacePipeline
from facemotion.vision.sources.demo import DemoSource
from facemotion.vision.sources.folder import FolderSource

FAST = AnalysisOptions(fps=5.0, limit_s=0.5)


@pytest.fixture(scope="module")
def faces(request):
    return FaceModels(open_pack(request.getfixturevalue("shared_pack")), det_size=320)


@pytest.fixture
def pipeline(faces):
    return FacePipeline(faces, None, pipeline_params(Settings()))


class UnpluggedSource(DemoSource):
    """Fails after some frames, as a stream does."""

    def __init__(self, good_frames):
        super().__init__()
        self._good_frames = good_frames

    def read(self):
        frame = super().read()
        if frame.index >= self._good_frames:
            raise SourceError("The stream broke off.")
        return frame


def run(source, pipeline, folder, options=FAST, **more):
    with source:
        return analyse(source, pipeline, folder, options, **more)


def test_progress_goes_from_the_first_frame_to_the_limit(pipeline, tmp_path):
    seen = []
    report = run(DemoSource(), pipeline, tmp_path, on_progress=seen.append)
    assert [progress.frame_count for progress in seen] == list(range(1, 16))
    assert seen[-1].fraction == pytest.approx(14 / 15, abs=0.01)
    assert all(a.fraction < b.fraction for a, b in itertools.pairwise(seen))
    assert seen[-1].row_count == report.summary["rows"]


def test_cancelling_leaves_whole_files(pipeline, tmp_path):
    cancel = threading.Event()

    def stop_at_third(progress):
        if progress.frame_count == 3:
            cancel.set()

    report = run(DemoSource(), pipeline, tmp_path, on_progress=stop_at_third, cancel=cancel)
    assert report.is_cancelled
    assert report.summary["frames"]["taken"] == 3
    assert json.loads((tmp_path / "summary.json").read_text("utf-8"))["is_complete"] is False
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "annotated.mp4",
        "summary.json",
        "timeline.csv",
        "timeline.jsonl",
    ]


def test_a_source_that_fails_half_way_gives_what_it_had(pipeline, tmp_path):
    report = run(UnpluggedSource(4), pipeline, tmp_path)
    assert report.problems == ("The stream broke off.",)
    assert not report.is_cancelled
    assert report.summary["frames"]["taken"] == 4
    assert report.summary["is_complete"] is False


def test_a_source_that_fails_at_once_leaves_nothing(pipeline, tmp_path):
    with pytest.raises(SourceError, match="broke off"):
        run(UnpluggedSource(0), pipeline, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_leaves_nothing_half_done(pipeline, tmp_path):
    def interrupt(progress):
        if progress.frame_count == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(DemoSource(), pipeline, tmp_path, on_progress=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_pictures_count_themselves(pipeline, tmp_path):
    from facemotion.vision.sources.demo import demo_photo_path

    seen = []
    folder = FolderSource(demo_photo_path().parent)
    report = run(folder, pipeline, tmp_path / "out", on_progress=seen.append)
    assert seen[-1].fraction == 1.0
    assert report.summary["frames"]["read"] == report.summary["frames"]["taken"]
    assert "pictures_seen" in report.summary["unknown"]


def test_further_entries_reach_the_summary(pipeline, tmp_path):
    report = run(DemoSource(), pipeline, tmp_path, context={"models": {"pack": "x"}})
    assert report.summary["models"] == {"pack": "x"}


def test_an_endless_source_has_a_limit_of_its_own(pipeline, tmp_path):
    seen = []

    def look(progress):
        seen.append(progress)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(DemoSource(), pipeline, tmp_path, AnalysisOptions(), on_progress=look)
    assert seen[0].fraction == 0.0
    assert ENDLESS_LIMIT_S == 10.0
