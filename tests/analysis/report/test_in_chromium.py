"""The report as a browser shows it; these tests need Chromium, which the project does not."""

import pytest

from facemotion.analysis.report.content import make_report
from facemotion.analysis.report.writing import write_page
from tests.chromium import Chromium, find_chromium
from tests.sessions import make_session

pytestmark = [
    pytest.mark.skipif(find_chromium() is None, reason="needs Chromium to look at the report"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("Sitzung ü")
    session = make_session(folder)
    return write_page(make_report(session.folder), folder / "Bericht 🙂.html")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    made = Chromium(tmp_path_factory.mktemp("profile"))
    yield made
    made.close()


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("is_dark", [False, True])
def test_no_complaint_no_request_nothing_wider_than_the_screen(browser, page, width, is_dark):
    browser.open(page, width, 900, is_dark=is_dark)
    assert browser.run("document.querySelectorAll('.plot canvas').length") == 1
    assert browser.complaints() == []
    assert browser.requests() == []
    assert browser.run("document.documentElement.scrollWidth") == width


def test_a_request_would_be_seen_and_refused(browser, page, tmp_path):
    planted = tmp_path / "planted.html"
    text = page.read_text(encoding="utf-8")
    planted.write_text(
        text.replace("</main>", '<img src="http://127.0.0.1:9/a.png"></main>'), encoding="utf-8"
    )
    browser.open(planted, 800, 600)
    assert browser.complaints() != []


def test_dragging_zooms_and_the_button_shows_everything_again(browser, page):
    browser.open(page, 1280, 900)
    browser.run("document.getElementById('plot-0').scrollIntoView({behavior: 'instant'})")
    whole = browser.run("document.getElementById('range').textContent")
    assert whole.startswith("Whole length")
    box = browser.run(
        "(() => { const b = document.querySelector('.u-over').getBoundingClientRect();"
        "return [b.left, b.top, b.width, b.height]; })()"
    )
    middle = box[1] + box[3] / 2
    browser.drag((box[0] + box[2] * 0.25, middle), (box[0] + box[2] * 0.75, middle))
    assert browser.run("document.getElementById('range').textContent") == "0:01.0 to 0:03.0 of 0:04"
    browser.run("document.querySelector('[data-command=all]').click()")
    assert browser.run("document.getElementById('range').textContent") == whole
    assert browser.complaints() == []


def test_keys_and_buttons_change_what_is_shown(browser, page):
    browser.open(page, 1280, 900)
    press = (
        "document.getElementById('plot-0').dispatchEvent(new KeyboardEvent('keydown', {key: '%s'}))"
    )
    browser.run(press % "+")
    assert browser.run("document.getElementById('range').textContent") == "0:01.0 to 0:03.0 of 0:04"
    browser.run(press % "ArrowRight")
    assert browser.run("document.getElementById('range').textContent") == "0:01.8 to 0:03.8 of 0:04"
    browser.run(press % "0")
    browser.run("document.getElementById('raw').click()")
    assert browser.run("document.getElementById('raw').getAttribute('aria-pressed')") == "true"
    browser.run("document.querySelector('.legend button').click()")
    pressed = (
        "[...document.querySelectorAll('.legend button')].map(b => b.getAttribute('aria-pressed'))"
    )
    assert browser.run(pressed) == ["false", *["true"] * 6]
    assert browser.complaints() == []


def test_it_prints(browser, page):
    browser.open(page, 1280, 900, is_dark=True)
    paper = browser.call("Page.printToPDF", printBackground=True)["data"]
    assert len(paper) > 20_000
    assert browser.complaints() == []
