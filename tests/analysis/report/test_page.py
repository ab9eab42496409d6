import base64
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from facemotion.analysis.report.content import make_report, opening
from facemotion.analysis.report.page import most_points, render_page
from facemotion.analysis.report.writing import write_page
from facemotion.core.errors import OutputError
from tests.sessions import (
    EVIL,
    face,
    make_session,
    usual_moments,
    write_timeline,
    write_video,
)

LOADING = re.compile(r"\b(fetch|XMLHttpRequest|WebSocket|EventSource|importScripts|import\s*\()\b")


class Reader(HTMLParser):
    """Everything in a page that could load something, and its text by tag."""

    def __init__(self, page):
        super().__init__()
        self.addresses = []
        self.texts = {"script": [], "style": [], "h1": [], "h3": []}
        self.tags = []
        self._open = []
        self.feed(page)
        self.close()
        assert self._open == [], "every element is closed"

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "action", "srcset", "poster", "data", "background", "ping"):
                self.addresses.append(value)
            if name == "style":
                self.addresses += urls_of(value)
            assert not name.startswith("on"), f"{tag} has the handler {name}"
        if tag not in ("meta", "link", "img", "br", "rect"):
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open and self._open[-1] in self.texts:
            self.texts[self._open[-1]].append(data)


def urls_of(css):
    return re.findall(r"url\(\s*['\"]?([^)'\"]*)", css)


def check_self_contained(page):
    """No address in the page leads anywhere but into the page."""
    reader = Reader(page)
    styles = "".join(reader.texts["style"])
    addresses = [*reader.addresses, *urls_of(styles)]
    foreign = [each for each in addresses if not each.startswith(("data:", "#"))]
    assert foreign == []
    assert "@import" not in styles
    for script in reader.texts["script"]:
        assert not LOADING.search(script)
    assert "default-src 'none'" in page
    return reader


@pytest.fixture
def session(tmp_path):
    return make_session(tmp_path / "sessions")


def data_of(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.S)[1])


def test_the_page_needs_nothing_but_itself(session):
    reader = check_self_contained(render_page(make_report(session.folder)))
    assert {"h1", "table", "noscript", "nav", "main"} <= set(reader.tags)


def test_the_check_would_find_a_foreign_address(session):
    page = render_page(make_report(session.folder))
    for planted in (
        '<img src="https://example.org/a.png">',
        '<p style="background:url(//example.org/a)"></p>',
        '<script>fetch("a")</script>',
    ):
        with pytest.raises(AssertionError):
            check_self_contained(page.replace("</main>", f"{planted}</main>"))


def test_names_are_only_ever_text(session):
    page = render_page(make_report(session.folder))
    assert "<script>alert" not in page
    reader = Reader(page)
    assert reader.texts["h1"] == ["Interview/1 🙂"]
    assert "".join(reader.texts["h3"]) == EVIL
    assert reader.tags.count("script") == 3
    assert data_of(page)["markers"] == [[1000, "Question </script> 1"], [3500, "Laughs"]]


def test_the_charts_hold_the_probabilities(session):
    data = data_of(render_page(make_report(session.folder)))
    assert len(data["charts"]) == 1
    chart = data["charts"][0]
    times = np.frombuffer(base64.b64decode(chart["times"]), "<u4")
    assert times.tolist() == list(range(0, 4000, 100))
    happy = np.frombuffer(base64.b64decode(chart["smooth"][3]), np.uint8)
    assert happy[0] < 20
    assert happy[-1] == 175  # 0.7 of 250
    assert chart["spans"] == [[0, 2000, 4], [2000, 4000, 3]]


def test_what_is_said(session):
    page = render_page(make_report(session.folder))
    for words in (
        *("Recorded 14 March 2026, 09:26", "emotion-x", "recogniser-y", "pack-z", "Laughs"),
        *("09:26:55", "min face px", "too small", "1 change of the emotion on show", "Camera &lt;"),
    ):
        assert words in page, words
    assert "50\u202f% of the updates" in page


def test_faces_are_shown_or_left_out(session):
    assert "data:image/jpeg" in render_page(make_report(session.folder))
    assert "data:image" not in render_page(make_report(session.folder, has_faces=False))


def test_a_video_that_cannot_be_read_costs_only_the_faces(session):
    (session.folder / "clean.mp4").write_bytes(b"no video")
    assert make_report(session.folder).portraits == {}


def test_an_analysed_file_with_its_annotated_video(tmp_path):
    write_timeline(tmp_path, usual_moments(), "clip.mp4")
    write_video(tmp_path / "annotated.mp4")
    report = make_report(tmp_path)
    assert set(report.portraits) == {EVIL, "Face 2"}
    check_self_contained(render_page(report))


def test_pictures_have_a_table_instead_of_charts(tmp_path):
    moments = [(0.0, [face(1, "Ana", "happy", "happy"), face(2, "", "sad", "sad")])]
    write_timeline(tmp_path, moments, "a<b>.png")
    (tmp_path / "summary.json").write_text('{"source": {"kind": "folder", "name": "photos"}}')
    report = make_report(tmp_path)
    page = render_page(report)
    check_self_contained(page)
    assert "a&lt;b&gt;.png" in page
    assert data_of(page)["charts"] == []
    assert opening(report).startswith("1 known person and faces without a name were seen.")


def test_a_recording_without_faces(tmp_path):
    report = make_report(write_timeline(tmp_path, []))
    assert opening(report) == "No face was found."
    check_self_contained(render_page(report))


@pytest.mark.slow
def test_an_hour_with_five_people_stays_small(tmp_path):
    moods = ("happy", "neutral", "sad")
    faces = [[face(n, f"P{n}", mood, mood) for n in range(1, 6)] for mood in moods]
    moments = [(i / 10, faces[i // 40 % 3]) for i in range(36_000)]
    report = make_report(write_timeline(tmp_path, moments))
    page = render_page(report)
    assert len(page.encode()) < 5_000_000
    assert "the least and the largest value of each 0.6" in page
    assert "399 later changes left out" in page
    assert all(len(chart["times"]) < 70_000 for chart in data_of(page)["charts"])


def test_many_people_share_the_points():
    assert most_points(0) == most_points(5) == 12_000
    assert most_points(10) == 6_000
    assert most_points(10_000) == 600


def test_a_page_that_cannot_be_written_is_said(session, tmp_path):
    report = make_report(session.folder)
    with pytest.raises(OutputError, match="is a folder"):
        write_page(report, tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="Cannot make the folder"):
        write_page(report, tmp_path / "file" / "report.html")
    assert write_page(report, tmp_path / "new" / "r.html").read_text(encoding="utf-8")
