"""The page in a browser: no complaint, no request, keyboard, phone, dark pages."""

import subprocess

import numpy as np
import pytest
from browsers import FLAGS, require_browser
from reporting.pages import SHAPES, full, full_page

from advnet import reporting

pytest.importorskip("jinja2")
pytest.importorskip("bokeh")

DRAWN = "document.querySelectorAll('.plot .bk-Figure').length"
DATA = """Bokeh.documents[0].roots().map((plot) => plot.renderers.map(
    ({data_source}) => Array.from(data_source.data[%r] ?? [], String).join(" ")))"""


@pytest.fixture
def browser():
    return require_browser()


def dump(browser, page, folder):
    """Return the page as the browser has it, and the lines of its console."""
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    profile = [f"--user-data-dir={folder / 'profile'}", "--enable-logging=stderr"]
    result = subprocess.run(
        [browser, *FLAGS, *profile, "--v=0", "--dump-dom", file.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    console = [line for line in result.stderr.splitlines() if "CONSOLE" in line]
    return result.stdout, console


def test_a_browser_runs_the_page_without_complaint(browser, tmp_path):
    page = full_page((28, 28, 1))
    dom, console = dump(browser, page, tmp_path)
    assert console == []
    assert page.count(" hidden>") > dom.count(' hidden=""') == 2  # two frames of three
    assert 'aria-valuetext="step 3,000"' in dom


def test_a_browser_refuses_to_load_anything(browser, tmp_path):
    page = full_page((2,))
    page = page.replace("</main>", '<img src="http://127.0.0.1:9/x.png" alt=""></main>')
    _, console = dump(browser, page, tmp_path)
    assert len(console) == 1
    assert "Content Security Policy" in console[0]


def test_a_browser_runs_no_script_but_the_two_of_the_page(browser, tmp_path):
    page = full_page((28, 28, 1))
    page = page.replace("</main>", "<script>document.title = 'evil'</script></main>")
    dom, console = dump(browser, page, tmp_path)
    assert "<title>evil" not in dom
    assert len(console) == 1


@pytest.fixture
def open_page(browser, tmp_path):
    """Open a report in a window of some size, and watch its requests and console."""
    playwright = pytest.importorskip("playwright.sync_api")
    path = tmp_path / "report.html"
    requests, messages = [], []
    with playwright.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=browser, args=FLAGS[1:])

        def open_report(report, **options):
            window = chromium.new_page(**options)
            window.on("request", lambda request: requests.append(request.url))
            window.on("console", lambda message: messages.append(message.text))
            window.on("pageerror", lambda error: messages.append(str(error)))
            window.on("dialog", lambda dialog: messages.append(dialog.message))
            window.goto(reporting.write_html(path, report).as_uri())
            if options.get("java_script_enabled", True):
                num = "document.querySelectorAll('.plot').length"
                window.wait_for_function(f"{DRAWN} === {num}")
            return window

        yield open_report
        chromium.close()
    assert messages == []
    assert all(url.startswith(("data:", "file:")) for url in requests)
    assert {url for url in requests if url.startswith("file:")} == {path.as_uri()}


def test_nothing_scrolls_sideways_on_a_phone(open_page):
    for shape in SHAPES:
        long = full(
            shape, title="w" * 90, provenance={"command": "x" * 200, "a": "y" * 99}
        )
        window = open_page(long, viewport={"width": 360, "height": 640})
        assert window.evaluate("document.documentElement.scrollWidth") == 360, shape
        window.close()


def test_sliders_and_buttons_work_by_keyboard(open_page):
    window = open_page(full((2,)))
    before = window.evaluate(DATA % "fake")
    window.focus("#smoothing")
    window.keyboard.press("ArrowRight")
    assert window.evaluate(DATA % "fake") != before
    assert window.inner_text("output[for=smoothing]") == "350 steps"
    window.keyboard.press("ArrowLeft")
    assert window.evaluate(DATA % "fake") == before
    last = window.evaluate(DATA % "x")
    window.focus("#frame")
    window.keyboard.press("ArrowLeft")
    assert window.inner_text("output[for=frame]") == "step 1,000"
    assert window.evaluate(DATA % "x") != last
    window.focus("#play")
    window.keyboard.press("Enter")
    assert window.inner_text("#play") == "Pause"
    window.locator("#play", has_text="Play").wait_for()
    assert window.inner_text("output[for=frame]") == "step 3,000"
    assert window.evaluate(DATA % "x") == last


def test_a_slider_shows_one_image_at_a_time(open_page):
    window = open_page(full((8, 8, 1)))
    window.focus("#frame")
    window.keyboard.press("Home")
    assert window.inner_text("output[for=frame]") == "step 1"
    assert window.locator("[data-frame]:visible").count() == 1


def test_a_drag_zooms_all_curves_and_a_pointer_shows_values(open_page):
    evil = "<img src=x onerror=alert(1)>"
    columns = {f"{evil}/{evil}": np.ones(60), "d/loss": np.arange(60.0)}
    window = open_page(full((2,), metrics={"step": np.arange(60), **columns}))
    ends = "Bokeh.documents[0].roots().slice(-2).map((plot) => plot.x_range.end)"
    before = window.evaluate(ends)
    plot = window.locator("#curves .plot").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    middle = box["y"] + box["height"] / 2
    window.mouse.move(box["x"] + 100, middle)
    window.locator(".bk-Tooltip", has_text="step").first.wait_for()
    window.mouse.down()
    window.mouse.move(box["x"] + 180, middle, steps=4)
    window.mouse.up()
    window.wait_for_function(f"{ends}[0] < {before[0]}")
    after = window.evaluate(ends)
    assert after[0] == after[1]


def test_a_finger_scrolls_over_a_chart(open_page):
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    window = open_page(full((2,)), is_mobile=True, **phone)
    events = "([...document.querySelectorAll('.plot .bk-Figure')].at(-1).shadowRoot"
    events += ".querySelector('.bk-Canvas').shadowRoot.querySelector('.bk-events'))"
    touch = f"getComputedStyle{events}.touchAction"
    assert window.evaluate(touch) in ("auto", "pan-x pan-y")


def test_axes_follow_the_color_scheme(open_page):
    window = open_page(full((2,)), color_scheme="light")
    plot = window.locator("#curves .plot").last
    light = plot.screenshot()
    window.emulate_media(color_scheme="dark")
    window.wait_for_timeout(500)
    dark = plot.screenshot()
    window.emulate_media(color_scheme="light")
    window.wait_for_timeout(500)
    assert plot.screenshot() == light != dark


def test_the_page_is_complete_without_scripts_and_still_without_motion(open_page):
    window = open_page(full((2,)), java_script_enabled=False)
    assert window.locator("button:visible, input:visible").count() == 0
    assert "loss of generator, steps 50 to 3,000." in window.inner_text("#curves")
    assert "scatter plot; data: x mean" in window.inner_text("#samples").lower()
    calm = open_page(full((2,)), reduced_motion="reduce")
    assert not calm.is_visible("#play")
    assert calm.is_visible("#frame")
