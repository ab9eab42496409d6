import json
import os

import pytest

from facemotion.analysis.inputs import find_inputs
from facemotion.analysis.jobs import JobNews, JobState
from facemotion.analysis.ledger import LEDGER_NAME, Ledger
from facemotion.core.errors import OutputError


@pytest.fixture
def inputs(tmp_path):
    """Two videos of the same name, and some pictures."""
    for name in ("x/clip.mp4", "y/clip.mp4", "y/p.png", "y/q.png"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    texts = [str(tmp_path / name) for name in ("x/clip.mp4", "y/clip.mp4", "y/p.png", "y/q.png")]
    return find_inputs(texts).inputs


def test_inputs_of_one_name_get_folders_of_their_own(inputs, tmp_path):
    out = tmp_path / "out"
    assert Ledger(out).enter(inputs) == [out / "clip", out / "clip-2", out / "y"]


def test_a_later_batch_goes_on_with_the_same_folders(inputs, tmp_path):
    out = tmp_path / "out"
    first = Ledger(out)
    first.enter(inputs)
    first.note(inputs[0], JobNews(1, JobState.DONE, 1.0, 10, 7))
    first.note(inputs[1], JobNews(2, JobState.FAILED, problems=("It is damaged.",)))
    first.save()
    later = Ledger(out)
    assert later.entries == first.entries
    assert [entry.rows for entry in later.entries] == [7, 0, 0]
    assert later.unfinished() == [inputs[2]]
    assert later.enter(reversed(inputs)) == [out / "y", out / "clip-2", out / "clip"]


def test_the_file_says_what_came_of_each(inputs, tmp_path):
    ledger = Ledger(tmp_path / "out")
    ledger.enter(inputs)
    ledger.note(inputs[1], JobNews(2, JobState.FAILED, problems=("It is damaged.",)))
    ledger.save()
    content = json.loads((tmp_path / "out" / LEDGER_NAME).read_text("utf-8"))
    assert content["inputs"][1] == {
        "name": "clip.mp4",
        "path": str(tmp_path / "y" / "clip.mp4"),
        "folder": "clip-2",
        "state": "failed",
        "rows": 0,
        "problems": ["It is damaged."],
    }
    assert content["inputs"][2]["pictures"] == ["p.png", "q.png"]


BAD = {
    "no JSON": b"{",
    "a list": b"[]",
    "no inputs": b"{}",
    "outside": b'{"inputs": [{"name": "a", "path": "/a", "folder": "../../etc", "state": "done",'
    b' "rows": 0, "problems": []}]}',
    "unknown state": b'{"inputs": [{"name": "a", "path": "/a", "folder": "a", "state": "?",'
    b' "rows": 0, "problems": []}]}',
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_a_damaged_list_is_begun_anew(content, tmp_path):
    (tmp_path / LEDGER_NAME).write_bytes(content)
    assert Ledger(tmp_path).entries == ()


def test_an_empty_path_is_passed_over(tmp_path):
    entry = {"name": "", "path": " ", "folder": "a", "state": "waiting", "rows": 0, "problems": []}
    (tmp_path / LEDGER_NAME).write_text(json.dumps({"inputs": [entry]}))
    assert Ledger(tmp_path).unfinished() == []


@pytest.mark.skipif(os.name != "posix", reason="file names that are no text")
def test_names_that_are_no_text_are_kept(tmp_path):
    folder = os.fsencode(str(tmp_path)) + b"/\xff"
    os.mkdir(folder)
    (tmp_path / os.fsdecode(b"\xff") / "v.mp4").write_bytes(b"")
    found = find_inputs([os.fsdecode(folder)]).inputs
    ledger = Ledger(tmp_path / "out")
    ledger.enter(found)
    ledger.save()
    assert Ledger(tmp_path / "out").unfinished() == list(found)


def test_a_folder_that_cannot_be_made_is_a_sentence(inputs, tmp_path):
    (tmp_path / "file").write_text("")
    ledger = Ledger(tmp_path / "file" / "out")
    ledger.enter(inputs)
    with pytest.raises(OutputError, match="Choose another"):
        ledger.save()
    ledger.try_to_save()
