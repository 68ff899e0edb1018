"""The page is complete, describes its contents and needs nothing else."""

import base64
import hashlib
import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from reporting.pages import SHAPES, evaluation, finding, full, full_page, parzen_table

from advnet import reporting
from advnet.evaluation import Evaluation, MetricResult, diagnosis
from advnet.reporting import Report

pytest.importorskip("jinja2")
pytest.importorskip("bokeh")

VOID = {"meta", "link", "img", "input", "br"}


class Outline(HTMLParser):
    """Elements of a page; fails unless they are closed in order."""

    def __init__(self, page):
        super().__init__()
        self.open, self.elements, self.texts = [], [], []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        assert len(dict(attrs)) == len(attrs), f"an attribute twice: {attrs}"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))

    def all(self, *tags):
        return [attrs for tag, attrs in self.elements if tag in tags]


def scripts(page):
    return re.findall(r"<script>(.*?)</script>", page, re.S)


def without_scripts(page):
    return re.sub(r"<script.*?</script>", "", page, flags=re.S)


@pytest.mark.ci
def test_every_part_of_a_report_of_any_shape_is_on_the_page():
    for shape in SHAPES:
        page = without_scripts(full_page(shape))
        for text in [
            "a run, 3,000 steps",
            "drawn at random, not chosen",
            "3 lines in z with 4 points each",
            "0.88 ±\N{NO-BREAK SPACE}0.01",
            "raw values (fingerprint 1f3a9c) · 500 real examples · 4,000 samples",
            "p = 0.005",
            ">failed<",
            "Samples: Expected n &gt; d, got 5.",
            "225.1 ±\N{NO-BREAK SPACE}2.0",
            "3 of 10",
            "Sigma was chosen on the validation set.",
            "2 rules applied, 1 fired.",
            "Mode collapse:",
            "1.2 % of the data",
            "below 0.05; measured 0.0123.",
            "Add terms.r1.",
            "oscillation: it takes 500 steps",
            "Step 500: resumed.",
            "advnet train mnist --seed 7",
            "0.10.0",
            "step 1,000",
            "D(G(z))",
        ]:
            assert text in page, (shape, text)
        assert ("clipped to [0, 1]" in page) == (len(shape) == 3)
        assert len(page) < 3_000_000
        assert len(full_page(shape)) < 5_000_000


def test_markup_is_sound():
    for shape in SHAPES:
        outline = Outline(full_page(shape))
        tags = [tag for tag, _ in outline.elements]
        levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
        assert levels.count(1) == 1
        assert all(b <= a + 1 for a, b in zip([0, *levels], levels, strict=False))
        ids = [attrs["id"] for _, attrs in outline.elements if "id" in attrs]
        assert len(ids) == len(set(ids))
        for _, attrs in outline.elements:
            for name in ("aria-labelledby", "for"):
                assert attrs.get(name, ids[0]) in ids
        assert {link["href"][1:] for link in outline.all("a")} <= set(ids)
        assert all(image["alt"] for image in outline.all("img"))
        assert all(th["scope"] in ("row", "col") for th in outline.all("th"))
        assert len(outline.all("table")) == len(outline.all("caption"))
        labeled = {label["for"] for label in outline.all("label")}
        assert {control["id"] for control in outline.all("input")} == labeled
        assert all(x["aria-label"] for x in outline.all("div") if "role" in x)
        for landmark in ("header", "nav", "main", "footer"):
            assert len(outline.all(landmark)) == 1
        assert ("html", {"lang": "en"}) in outline.elements


def test_every_figure_has_an_element_with_its_name():
    for shape in SHAPES:
        outline = Outline(full_page(shape))
        elements = {x["id"] for x in outline.all("div") if x.get("class") == "plot"}
        (document,) = [text for tag, text in outline.texts if '"roots"' in text[:2000]]
        roots = json.loads(document)["roots"]
        assert {root["attributes"]["name"] for root in roots} == elements
        assert len(roots) == len(elements)


def test_the_page_loads_nothing():
    for shape in SHAPES:
        page = full_page(shape)
        text = without_scripts(page)
        links = re.findall(
            r"""(?:src|href|action|srcset|data)\s*=\s*["']?([^"'\s>]*)""", text
        )
        assert links
        assert all(link.startswith(("#", "data:")) for link in links)
        assert not re.search(r"url\(|@import|https?:|//[a-z]+\.", text)
        assert not re.search(r"https?:|fetch\(|XMLHttp", scripts(page)[-1])


def test_the_policy_allows_the_two_scripts_of_the_page_and_no_other():
    page = full_page((2,))
    (policy,) = [
        attrs["content"]
        for attrs in Outline(page).all("meta")
        if attrs.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(x.encode()).digest()).decode()}'"
        for x in scripts(page)
    ]
    assert len(hashes) == 2
    assert rules == {
        "default-src": "'none'",
        "img-src": "data:",
        "style-src": "'unsafe-inline'",
        "script-src": " ".join(hashes),
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_empty_parts_are_left_out():
    page = reporting.html(Report("bare", {}, {}, np.zeros((3, 8, 8, 1))))
    assert Outline(page).all("section") == [
        {"id": "samples", "aria-labelledby": "samples-title"}
    ]
    assert len(Outline(page).all("a")) == 1
    assert len(scripts(page)) == 1  # BokehJS is not needed without charts
    for none in ({"step": np.zeros(0), "a/loss": np.zeros(0)}, {"step": np.arange(3)}):
        assert 'id="curves"' not in reporting.html(full((2,), metrics=none))
    empty = reporting.html(full((2,), evaluation=Evaluation(step=3, results=())))
    assert not re.search('id="(evaluation|diagnosis)"', empty)


def test_text_of_a_report_is_never_markup():
    evil = "<script>alert(1)</script>\"'&</style>"
    page = reporting.html(
        full(
            (2,),
            title=evil,
            provenance={"command": evil, evil: evil},
            metrics={"step": np.arange(3), f"{evil}/{evil}": np.ones(3)},
            evaluation=Evaluation(
                step=1,
                results=(MetricResult(evil, 0.5, features=evil, failure=evil),),
                parzen=parzen_table(evil),
                diagnosis=diagnosis.Diagnosis(
                    (finding(name=evil, rule=evil, observation=evil, advice=evil),),
                    (evil,),
                    {evil: evil},
                ),
            ),
            events=[evil],
        )
    )
    outline = Outline(page)
    assert len(outline.all("script")) == 3
    assert len(outline.all("style")) == 1
    assert "alert(1)</" not in page
    assert page.count("&lt;script&gt;alert(1)") > 14


def test_the_page_says_what_it_leaves_out():
    x = np.full((4, 8, 8, 1), 0.5)
    x[0, 0, :4] = [[2.0], [-1.0], [np.nan], [np.inf]]
    page = reporting.html(full((8, 8, 1), samples=x, frames=(), frame_steps=()))
    assert "Values are clipped to [0, 1]: 0.78 % lay outside." in page
    assert "2 values not finite, drawn black." in page
    large = reporting.html(Report("large", {}, {}, np.full((40, 96, 96, 3), 0.5)))
    assert "11 samples, the first of 40" in large
    wide = np.zeros((5, 30))
    wide[0, 0] = np.nan
    page = reporting.html(Report("wide", {}, {}, wide))
    assert "The charts show the first 16 of 30 columns. 1 value not finite" in page
    assert without_scripts(page).count('class="plot"') == 16
    points = reporting.html(Report("points", {}, {}, np.zeros((2500, 2))))
    assert "The chart shows at most 2,000 of each." in points


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"samples": np.zeros((0, 2))}, "not empty"),
        ({"neighbors": np.zeros((3, 4))}, r"neighbors of the samples' shape \(2,\)"),
        ({"neighbors": np.zeros((200, 2))}, "at most 130 neighbors.* got 200"),
        ({"interpolations": np.zeros((3, 2))}, r"interpolations .* got shape \(3, 2\)"),
        ({"data": np.zeros((3, 1))}, r"data .* got shape \(3, 1\)"),
        ({"frames": [np.zeros((3, 3))] * 3}, r"frames .* got shape \(3, 3\)"),
        ({"frames": [np.zeros((3, 2))] * 2 + [np.zeros((3, 3, 1))]}, "one kind"),
        ({"frame_steps": [1]}, "3 frames and 1 steps"),
        ({"metrics": {"a/loss": np.zeros(3)}}, 'a column "step"'),
        ({"metrics": {"step": np.zeros(3), "a/b": np.zeros(2)}}, "one length"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        reporting.html(full((2,), **changes))


def test_an_evaluation_of_another_type_is_refused():
    with pytest.raises(TypeError, match=r"Expected an evaluation.Evaluation.* dict"):
        reporting.html(full((2,), evaluation=evaluation().to_json()))


@pytest.mark.parametrize("shape", [(2, 1), (1, 1, 1, 2)], ids=str)
def test_arrays_of_any_shape_are_shown_as_vectors(shape):
    def flat(x, ndim=1):
        return x.reshape(*x.shape[:ndim], -1)

    report = full(shape)
    values = report._replace(
        samples=flat(report.samples),
        neighbors=flat(report.neighbors),
        interpolations=flat(report.interpolations, 2),
        data=flat(report.data),
        frames=[flat(frame) for frame in report.frames],
    )
    assert reporting.html(report) == reporting.html(values)


def test_finished_images_are_frames_too():
    grids = [np.zeros((58, 88, 1)), np.ones((58, 88, 3))]
    page = reporting.html(full((28, 28, 1), frames=grids, frame_steps=[1, 2]))
    frames = [x for x in Outline(page).all("div") if "data-frame" in x]
    assert ["hidden" in frame for frame in frames] == [True, False]


def test_the_same_report_gives_the_same_page():
    for shape in [(2,), (28, 28, 1)]:
        assert reporting.html(full(shape)) == full_page(shape)


def test_the_page_is_written_completely_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    odd = full((2,), provenance={"command": "train caf\udce9"})  # bytes, not text
    assert reporting.write_html(path, odd) == path
    before = path.read_text(encoding="utf-8")
    assert before.rstrip().endswith("</html>")

    def disk_full(self, text, **options):
        self.write_bytes(text[:100].encode())
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_text", disk_full)
    with pytest.raises(OSError, match="No space"):
        reporting.write_html(path, full((1,)))
    assert path.read_text(encoding="utf-8") == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("module", ["jinja2", "bokeh.plotting"])
def test_a_missing_library_names_the_extra(monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=r'pip install "advnet\[report\]"'):
        reporting.html(full((2,)))


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_curves_and_controls_have_contrast(scheme):
    """WCAG AA: 4.5 for text, 3 for curves and for controls."""
    blocks = re.findall(r":root \{(.*?)\}", full_page((2,)), re.S)
    colors = dict(re.findall(r"--(\w+): #(\w{6})", blocks[0]))
    colors |= dict(re.findall(r"--(\w+): #(\w{6})", blocks[scheme]))

    def luminance(name):
        channels = np.array([int(colors[name][i : i + 2], 16) for i in (0, 2, 4)]) / 255
        low = channels <= 0.04045
        linear = np.where(low, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722] + 0.05

    for ground in ("ground", "raised"):
        for name, minimum in {"ink": 7, "muted": 4.5, "accent": 4.5}.items():
            pair = sorted([luminance(name), luminance(ground)])
            assert pair[1] / pair[0] >= minimum, (name, ground)
    for name in ("control", "real", "fake"):
        pair = sorted([luminance(name), luminance("ground")])
        assert pair[1] / pair[0] >= 3, name
