"""The page in a browser: quiet, still without a network, fit for a phone."""

import shutil
import subprocess

import pytest
from reporting.pages import SHAPES, full, full_page

from advnet import reporting

pytest.importorskip("jinja2")

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def browser():
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} on the PATH")
    return found


def dumped(browser, page, folder):
    """The page as the browser has it, and what its console said."""
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    own = [f"--user-data-dir={folder / 'profile'}", "--enable-logging=stderr", "--v=0"]
    ran = subprocess.run(
        [browser, *FLAGS, *own, "--dump-dom", file.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout, [line for line in ran.stderr.splitlines() if "CONSOLE" in line]


def test_a_browser_runs_it_without_complaint(browser, tmp_path):
    page = full_page((28, 28, 1))
    dom, console = dumped(browser, page, tmp_path)
    assert console == []
    assert page.count(" hidden>") > dom.count(' hidden=""') == 2  # two frames of three
    assert 'aria-valuetext="step 3,000"' in dom


def test_a_browser_refuses_whatever_would_be_loaded(browser, tmp_path):
    page = full_page((2,))
    page = page.replace("</main>", '<img src="http://127.0.0.1:9/x.png" alt=""></main>')
    _, console = dumped(browser, page, tmp_path)
    assert len(console) == 1
    assert "Content Security Policy" in console[0]


@pytest.fixture
def open_page(browser, tmp_path):
    """Opens a report in a window of some size, and watches what it asks for."""
    playwright = pytest.importorskip("playwright.sync_api")
    path = tmp_path / "report.html"
    with playwright.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=browser, args=FLAGS[1:])

        def opened(report, **options):
            window = chromium.new_page(**options)
            window.on("request", lambda request: asked.append(request.url))
            window.on("console", lambda message: said.append(message.text))
            window.goto(reporting.write_html(path, report).as_uri())
            return window

        asked, said = [], []
        yield opened
        chromium.close()
    assert said == []
    assert all(url.startswith(("data:", "file:")) for url in asked)
    assert {url for url in asked if url.startswith("file:")} == {path.as_uri()}


def test_nothing_scrolls_sideways_on_a_phone(open_page):
    for shape in SHAPES:
        long = full(
            shape, title="w" * 90, provenance={"command": "x" * 200, "a": "y" * 99}
        )
        window = open_page(long, viewport={"width": 360, "height": 640})
        assert window.evaluate("document.documentElement.scrollWidth") == 360, shape
        window.close()


def test_controls_work_by_keyboard(open_page):
    window = open_page(full((2,)))
    drawn = "[...document.querySelectorAll('[data-y]')].map((line) => line.outerHTML)"
    before = window.evaluate(drawn)
    window.focus("#smoothing")
    window.keyboard.press("ArrowRight")
    assert window.evaluate(drawn) != before
    assert window.inner_text("#window") == "250 steps"
    window.keyboard.press("ArrowLeft")
    assert window.evaluate(drawn) == before  # the script draws what Python drew
    window.focus("#frame")
    window.keyboard.press("ArrowLeft")
    assert window.inner_text("#moment") == "step 1,000"
    assert window.locator(".frame:visible").count() == 1
    window.focus("#play")
    window.keyboard.press("Enter")
    assert window.inner_text("#play") == "Pause"
    window.locator("#play", has_text="Play").wait_for()
    assert window.inner_text("#moment") == "step 3,000"


def test_it_is_whole_without_scripts_and_still_without_motion(open_page):
    window = open_page(full((2,)), java_script_enabled=False)
    assert window.locator("button:visible, input:visible").count() == 0
    assert window.locator(".frame:visible").get_attribute("data-label") == "step 3,000"
    calm = open_page(full((2,)), reduced_motion="reduce")
    assert not calm.is_visible("#play")
    assert calm.is_visible("#frame")
