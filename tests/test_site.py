"""Tests of the built documentation site; ADVNET_SITE is its folder.

    sphinx-build -W -b html docs .site
    ADVNET_SITE=.site python -m pytest tests/test_site.py

Without ADVNET_SITE they are skipped. The tests in a browser need one on the PATH and
the package playwright.
"""

import html
import os
import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from browsers import FLAGS, require_browser
from documents import ROOT

pytestmark = [
    pytest.mark.skipif(
        "ADVNET_SITE" not in os.environ, reason="ADVNET_SITE is not set"
    ),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
SITE = Path(os.environ.get("ADVNET_SITE", ROOT / ".site")).resolve()
ID = re.compile(r"\s(?:id|name)=\"([^\"]+)\"")
HREF = re.compile(r"<a\s[^>]*?href=\"([^\"]*)\"")
LOADS = re.compile(
    r"<(?:script|img|iframe|source|video|audio|object|embed|link)\b[^>]*?"
    r"(?:src|href|data)=\"((?:https?:)?//[^\"]+)\"[^>]*>"
)
CSS_LOADS = re.compile(r"(?:@import|url\()\s*['\"]?(?:https?:)?//[^'\")]*")


@cache
def pages():
    """Return the text of every page by its path relative to the site."""
    return {
        path.relative_to(SITE).as_posix(): path.read_text()
        for path in sorted(SITE.rglob("*.html"))
    }


@cache
def ids(page):
    return set(ID.findall(pages()[page]))


@pytest.fixture
def open_page():
    """Open pages of the site in a browser; no page may complain or load from a host."""
    playwright = pytest.importorskip("playwright.sync_api")
    complaints = []

    def watch(window):
        window.on("pageerror", lambda error: complaints.append(str(error)))
        window.on("requestfailed", lambda request: complaints.append(request.url))
        window.on(
            "console",
            lambda message: (
                message.type in ("error", "warning") and complaints.append(message.text)
            ),
        )
        window.on(
            "request",
            lambda request: (
                request.url.startswith(("file:", "data:"))
                or complaints.append(request.url)
            ),
        )

    with playwright.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=require_browser(), args=FLAGS)

        def open_page(path, **options):
            window = chromium.new_page(**options)
            watch(window)
            window.goto(f"{SITE.as_uri()}/{path}")
            return window

        yield open_page
        chromium.close()
    assert complaints == []


def test_every_public_symbol_is_described_once():
    sys.path.insert(0, str(ROOT / "docs" / "_sphinx"))
    symbols = pytest.importorskip("symbols")
    described = Counter(
        name
        for page, text in pages().items()
        if page.startswith("api/")
        for name in re.findall(r"<dt class=\"sig[^>]*? id=\"([^\"]+)\"", text)
    )
    expected = {
        symbol.target
        for symbol in symbols.public_symbols()
        if symbol.kind not in ("module", "alias")
    }
    assert len(expected) > 300
    assert not expected - set(described), "These symbols are not in the reference"
    assert [name for name in expected if described[name] != 1] == []


def test_symbols_link_to_their_source():
    text = pages()["api/advnet.games.html"]
    assert "../_modules/advnet/games/_gan.html" in text
    assert "_modules/advnet/games/_gan.html" in pages()


def test_no_link_is_dead():
    dead = []
    for page, text in pages().items():
        folder = (SITE / page).parent
        for link in HREF.findall(text):
            path, _, anchor = unquote(html.unescape(link)).partition("#")
            if re.match(r"[a-z]+:|//", path):
                continue
            target = (
                (folder / path.partition("?")[0]).resolve() if path else SITE / page
            )
            if not target.exists():
                dead.append(f"{page}: {link}")
            elif anchor and target.suffix == ".html":
                name = target.relative_to(SITE).as_posix()
                if anchor not in ids(name):
                    dead.append(f"{page}: {link}")
    assert not dead, "\n".join(dead)


def test_no_page_loads_from_another_host():
    loads = [
        f"{page}: {match[1]}"
        for page, text in pages().items()
        for match in LOADS.finditer(text)
        if 'rel="canonical"' not in match[0]
    ]
    loads += [
        f"{path.name}: {match}"
        for path in SITE.rglob("*.css")
        for match in CSS_LOADS.findall(path.read_text())
    ]
    assert not loads, "\n".join(loads)


def test_search_leads_to_the_answers_of_the_questions(open_page):
    rows = re.findall(
        r"^\| [^|]+ \| [^|]*\]\(([\w./]+)\.\w+#?[^)]*\)[^|]* \| `([^`]+)` \|$",
        (ROOT / "docs" / "finding.md").read_text(),
        re.MULTILINE,
    )
    assert len(rows) == 11
    finished = (
        "document.querySelector('.search-summary').innerText.includes('finished')"
    )
    links = (
        "[...document.querySelectorAll('#search-results li > a')].map((a) => a.href)"
    )
    for page, words in rows:
        name = page.replace("../examples/", "gallery/")
        window = open_page(f"search.html?q={words.replace(' ', '+')}")
        window.wait_for_function(finished)
        results = window.evaluate(links)[:10]
        assert any(f"/{name}.html" in link for link in results), (words, results)
        window.close()


LOOKED_AT = (
    *("index", "get_started", "which_game", "metrics", "models", "play", "questions"),
    "runs",
    *("concepts", "paper", "tutorials/own_game", "gallery/index", "gallery/inpainting"),
    *("api/index", "api/advnet.games", "api/advnet.evaluation.parzen"),
    *("results/index", "results/dynamics", "contributing", "changelog", "search"),
)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_the_window(open_page, width, scheme):
    for page in LOOKED_AT:
        size = {"width": width, "height": 844}
        window = open_page(f"{page}.html", viewport=size, color_scheme=scheme)
        assert window.evaluate("document.documentElement.scrollWidth") <= width, page
        theme = window.evaluate("document.documentElement.dataset.theme")
        assert theme == scheme, page
        window.close()


def test_formulas_are_drawn(open_page):
    window = open_page("api/advnet.losses.html")
    box = window.locator("math").first.bounding_box()
    assert box["width"] > 20
    assert box["height"] > 10


def test_pictures_follow_their_controls(open_page):
    window = open_page("play.html")
    figure, bilinear = window.locator("#play-figure1"), window.locator("#play-bilinear")
    assert "step 13:" in figure.locator("output").inner_text()
    before = figure.locator("polyline.generator").get_attribute("points")
    figure.locator("input").focus()
    window.keyboard.press("End")
    assert (
        "step 2,000: Jensen-Shannon divergence 0.0006"
        in figure.locator("output").inner_text()
    )
    assert figure.locator("polyline.generator").get_attribute("points") != before
    figure.locator("select").select_option("1")
    assert "0.0070" in figure.locator("output").inner_text()
    for rule, distance in {"simultaneous": "1.08", "consensus": "0.00224"}.items():
        bilinear.locator("select").first.select_option(rule)
        text = bilinear.locator("output").inner_text()
        assert (
            f"dynamics.{rule}, learning rate 0.1, step 60: distance {distance}" in text
        )


def test_pictures_play(open_page):
    window = open_page("play.html")
    bilinear = window.locator("#play-bilinear")
    bilinear.locator("button").click()
    value = "document.querySelector('#play-bilinear input').value"
    window.wait_for_function(f"{value} > 1 && {value} < 60")
    bilinear.locator("button", has_text="Pause").click()
    assert bilinear.locator("button").inner_text() == "Play"
