import dataclasses
import json

import cv2
import numpy as np
import pytest

from facemotion.analysis.equipment import NO_EMOTIONS, open_tools
from facemotion.analysis.inputs import find_inputs
from facemotion.analysis.jobs import AnalysisJob, JobControl, JobState
from facemotion.analysis.runner import AnalysisOptions
from facemotion.analysis.workbench import Workbench
from facemotion.core.errors import SourceError
from facemotion.store.gallery import GalleryStore
from facemotion.vision.packs import open_pack
from facemotion.vision.sources.demo import demo_photo_path


@pytest.fixture
def bench(equipment):
    return Workbench(equipment)


def job_of(path, folder, options, **more):
    (source,) = find_inputs([str(path)]).inputs
    return AnalysisJob(1, source, folder, options, **more)


def ignore(news):
    """Progress nobody looks at."""


def do(bench, job, control=None):
    return bench.do(job, control or JobControl(), ignore)


def test_what_was_asked_for_before_is_kept(bench, clips, tmp_path, timeline_only):
    job = job_of(clips / "c.mp4", tmp_path / "out", timeline_only)
    first = do(bench, job)
    assert (first.state, first.is_kept) == (JobState.DONE, False)
    before = (tmp_path / "out" / "timeline.csv").stat()
    again = do(bench, job)
    assert (again.state, again.is_kept) == (JobState.DONE, True)
    assert again.summary == json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert (tmp_path / "out" / "timeline.csv").stat() == before
    forced = do(bench, dataclasses.replace(job, is_again=True))
    assert not forced.is_kept
    assert (tmp_path / "out" / "timeline.csv").stat().st_ino != before.st_ino


def test_another_question_is_answered_anew(bench, equipment, clips, tmp_path, timeline_only):
    out = tmp_path / "out"
    job = job_of(clips / "c.mp4", out, timeline_only)
    do(bench, job)
    fewer = dataclasses.replace(job, options=AnalysisOptions(fps=5.0, outputs=("csv",)))
    assert not do(bench, fewer).is_kept
    assert do(bench, fewer).is_kept
    smoothing = dataclasses.replace(equipment.settings.smoothing, min_streak_to_switch=5)
    changed = dataclasses.replace(equipment.settings, smoothing=smoothing)
    other = Workbench(dataclasses.replace(equipment, settings=changed))
    assert not do(other, fewer).is_kept
    (out / "timeline.csv").unlink()
    assert not do(other, fewer).is_kept
    (out / "summary.json").write_text("{")
    assert not do(other, fewer).is_kept


def test_another_input_is_read_anew(bench, tmp_path, timeline_only, picture):
    folder = tmp_path / "pictures"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), picture)
    job = job_of(folder, tmp_path / "out", timeline_only)
    do(bench, job)
    assert do(bench, job).is_kept
    cv2.imwrite(str(folder / "a.png"), picture + 1)
    assert not do(bench, job).is_kept
    cv2.imwrite(str(folder / "b.png"), picture)
    assert not do(bench, job).is_kept


def test_people_count_as_well(bench, equipment, clips, tmp_path, timeline_only):
    job = job_of(clips / "c.mp4", tmp_path / "out", timeline_only)
    do(bench, job)
    model_id = bench._tools.context["models"]["recogniser"]
    store = GalleryStore(equipment.gallery_dir)
    dimension = open_pack(equipment.pack_dir).embedding_dim
    store.enrol("Ana", np.eye(1, dimension), model_id)
    named = Workbench(equipment)
    assert not do(named, job).is_kept
    assert do(named, job).is_kept


def test_the_demo_is_never_kept(bench, tmp_path):
    options = AnalysisOptions(fps=2.0, limit_s=0.2, outputs=("csv",))
    job = job_of("demo", tmp_path / "out", options)
    assert do(bench, job).state is JobState.DONE
    assert not do(bench, job).is_kept


@pytest.mark.parametrize("keeps_part", [False, True])
def test_stopping_leaves_nothing_or_whole_files(bench, clips, tmp_path, timeline_only, keeps_part):
    out = tmp_path / "out"
    job = job_of(clips / "a.mp4", out, timeline_only, keeps_part=keeps_part)
    control = JobControl()

    def stop_at_third(news):
        if news.frame_count == 3:
            control.stop(1)

    news = bench.do(job, control, stop_at_third)
    assert news.state is JobState.STOPPED
    if keeps_part:
        assert news.summary["frames"]["taken"] == 3
        assert not do(bench, job).is_kept  # what was stopped is not whole
    else:
        assert news.summary is None
        assert list(out.iterdir()) == []
    assert do(bench, dataclasses.replace(job, number=2)).state is JobState.DONE


def test_a_stopped_job_is_not_begun(bench, clips, tmp_path, timeline_only):
    control = JobControl()
    control.end()
    job = job_of(clips / "a.mp4", tmp_path / "out", timeline_only)
    assert do(bench, job, control).state is JobState.STOPPED
    assert not (tmp_path / "out").exists()


def test_only_what_is_wanted_is_written(bench, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "group.jpg").write_bytes(demo_photo_path().read_bytes())
    out = tmp_path / "out"
    for outputs, names in (
        (("csv", "jsonl", "video"), {"timeline.csv", "timeline.jsonl", "annotated"}),
        (("jsonl",), {"timeline.jsonl", "annotated"}),
        ((), {"annotated"}),
    ):
        do(bench, job_of(folder, out, AnalysisOptions(outputs=outputs)))
        assert {path.name for path in out.iterdir()} == {*names, "summary.json"}
    assert list((out / "annotated").iterdir()) == []


def test_leftovers_of_a_killed_analysis_are_removed(bench, clips, tmp_path, timeline_only):
    out = tmp_path / "out"
    out.mkdir()
    leftovers = ("timeline.jsonl.part", ".annotated.mp4.part", ".summary.json.0123.part")
    for name in (*leftovers, "mine.part"):
        (out / name).write_bytes(b"half")
    do(bench, job_of(clips / "c.mp4", out, timeline_only))
    names = {path.name for path in out.iterdir()}
    assert names == {"mine.part", "summary.json", "timeline.csv"}


def test_an_unreadable_input_is_a_sentence(bench, tmp_path, timeline_only):
    with pytest.raises(SourceError, match=r"gone\.mp4"):
        do(bench, job_of(tmp_path / "gone.mp4", tmp_path / "out", timeline_only))


def test_a_missing_emotion_model_is_noted(equipment):
    tools = open_tools(dataclasses.replace(equipment, emotion_path=None))
    assert NO_EMOTIONS in tools.notes
    assert tools.context["models"]["emotion"] is None


def test_a_provider_that_is_not_there_is_noted_once(equipment):
    inference = dataclasses.replace(equipment.settings.inference, provider="CoreML")
    settings = dataclasses.replace(equipment.settings, inference=inference)
    notes = open_tools(dataclasses.replace(equipment, settings=settings)).notes
    assert len(notes) == len(set(notes))
    assert any("CoreML" in note for note in notes)
