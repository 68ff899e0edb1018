"""The page is whole, says what it shows, and needs nothing else."""

import base64
import io
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from reporting.pages import SHAPES, full, full_page

from advnet import reporting
from advnet.reporting import Report
from advnet.reporting._curves import smoothed
from advnet.reporting._png import picture

pytest.importorskip("jinja2")

every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)
VOID = {"meta", "link", "img", "input", "br"}


class Outline(HTMLParser):
    """Checks that elements are closed in order, and remembers them."""

    def __init__(self, page):
        super().__init__()
        self.open, self.elements = [], []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        assert len(dict(attrs)) == len(attrs), f"an attribute twice: {attrs}"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert "svg" in self.open
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, *tags):
        return [attrs for tag, attrs in self.elements if tag in tags]


@every_shape
def test_every_part_is_told(shape):
    page = full_page(shape)
    for text in [
        "a run, 3,000 steps",
        "drawn at random, not chosen",
        "3 lines in z, 4 steps each",
        "0.88 ± 0.01",
        "raw values · n = 10,000",
        "Sigma was chosen on the validation set.",
        "Mode collapse.",
        "Add terms.r1.",
        "11 rules applied, one fired.",
        "Step 500: resumed.",
        "advnet train mnist --seed 7",
        "0.10.0",
        "step 1,000",
        "D(G(z))",
    ]:
        assert text in page, text
    assert ("clipped to [0, 1]" in page) == (len(shape) == 3)
    assert len(page) < 3_000_000


@every_shape
def test_markup_is_sound(shape):
    outline = Outline(full_page(shape))
    levels = [int(tag[1]) for tag, _ in outline.elements if re.fullmatch("h[1-6]", tag)]
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
    assert all(attrs["aria-label"] for attrs in outline.all("div") if "role" in attrs)
    for landmark in ("header", "nav", "main", "footer"):
        assert len(outline.all(landmark)) == 1
    assert ("html", {"lang": "en"}) in outline.elements


@every_shape
def test_nothing_is_loaded(shape):
    page = full_page(shape)
    links = re.findall(
        r"""(?:src|href|action|srcset|data)\s*=\s*["']?([^"'\s>]*)""", page
    )
    assert links
    assert all(link.startswith(("#", "data:")) for link in links)
    assert not re.search(r"url\(|@import|https?:|//[a-z]+\.|fetch\(|XMLHttp", page)
    assert "default-src 'none'; img-src data:;" in page


def test_parts_that_are_empty_are_left_out():
    page = reporting.html(Report("bare", {}, {}, np.zeros((3, 8, 8, 1))))
    assert Outline(page).all("section") == [
        {"id": "samples", "aria-labelledby": "samples-title"}
    ]
    assert len(Outline(page).all("a")) == 1
    for none in ({"step": np.zeros(0), "a/loss": np.zeros(0)}, {"step": np.arange(3)}):
        assert 'id="curves"' not in reporting.html(full((2,), metrics=none))


def test_text_is_inert():
    evil = "<script>alert(1)</script>\"'&</style>"
    page = reporting.html(
        full(
            (2,),
            title=evil,
            provenance={"command": evil, evil: evil},
            metrics={"step": np.arange(3), f"{evil}/{evil}": np.ones(3)},
            evaluation=[{"metric": evil, evil: evil, "n": evil}],
            notes=[evil],
            diagnosis=[(evil, evil)],
            diagnosis_summary=evil,
            events=[evil],
        )
    )
    outline = Outline(page)
    assert len(outline.all("script")) == len(outline.all("style")) == 1
    assert "alert(1)</" not in page
    assert page.count("&lt;script&gt;alert(1)") > 10


def decoded(uri):
    image = pytest.importorskip("PIL.Image")
    data = base64.b64decode(uri.removeprefix("data:image/png;base64,"))
    with image.open(io.BytesIO(data)) as opened:
        opened.load()
        return np.asarray(opened), opened.mode


@pytest.mark.parametrize(
    ("channels", "mode"), [(1, "L"), (2, "LA"), (3, "RGB"), (4, "RGBA")]
)
def test_png_is_read_back(channels, mode):
    pixels = np.linspace(-0.5, 1.5, 7 * 5 * channels).reshape(7, 5, channels)
    read, its_mode = decoded(picture(pixels, "x").uri)
    assert its_mode == mode
    expected = np.rint(255 * np.clip(pixels, 0, 1))
    np.testing.assert_array_equal(read.reshape(pixels.shape), expected)


def test_a_grid_is_clear_between_images():
    page = reporting.html(Report("grid", {}, {}, np.ones((4, 8, 8, 1))))
    grid, mode = decoded(Outline(page).all("img")[0]["src"])
    assert (grid.shape, mode) == ((18, 18, 2), "LA")
    assert set(np.unique(grid[8:10, :, 1])) == {0}
    assert grid[:8, :8].min() == 255


def test_what_is_not_shown_is_said():
    x = np.full((4, 8, 8, 1), 0.5)
    x[0, 0, :4] = [[2.0], [-1.0], [np.nan], [np.inf]]
    page = reporting.html(full((8, 8, 1), samples=x, frames=(), frame_steps=()))
    assert "Values are clipped to [0, 1]: 0.78 % lay outside." in page
    assert "2 values not finite, drawn black." in page
    many = reporting.html(Report("many", {}, {}, np.full((40, 96, 96, 3), 0.5)))
    assert "11 samples, the first of 40" in many
    wide = np.zeros((5, 30))
    wide[0, 0] = np.nan
    page = reporting.html(Report("wide", {}, {}, wide))
    assert "The first 16 of 30 columns. 1 value not finite" in page
    assert page.count("<svg") == 16
    points = reporting.html(Report("points", {}, {}, np.zeros((2500, 2))))
    assert "At most 2,000 of each are drawn." in points


def paths(metrics, kind="line"):
    outline = Outline(reporting.html(Report("m", {}, metrics, np.zeros((3, 2)))))
    return [p["d"] for p in outline.all("path") if p["class"] == f"fake {kind}"]


def test_missing_values_are_gaps():
    loss = np.array([1.0, np.nan, 2.0, 3.0, -np.inf])
    broken = {"step": np.arange(5), "g/loss": loss}
    (path,) = paths(broken, "raw")
    assert path.count("M") == 2
    assert path.count("L") == 1
    assert "2 values not finite" in reporting.html(full((2,), metrics=broken))
    never = reporting.html(full((2,), metrics={"step": [1], "g/loss": [np.nan]}))
    assert "is never finite" in never
    assert not re.search(r"\bnan\b", never.lower())


def test_far_off_values_do_not_flatten_the_rest():
    norm = np.linspace(1, 2, 200)
    norm[7] = 1e30
    curve = {"step": np.arange(200), "g/gradient_norm": norm}
    page = reporting.html(full((2,), metrics=curve))
    assert "1 value beyond the axis, cut off" in page
    heights = [int(y) for y in re.findall(r"[ML]\d+ (-?\d+)", paths(curve, "raw")[0])]
    assert max(heights) - sorted(heights)[1] > 300
    assert "<b>1.99</b>" in page  # the mean at the end, not disturbed


def test_wide_gradient_norms_get_a_logarithmic_scale():
    curve = {"step": np.arange(200), "g/gradient_norm": np.geomspace(1e-4, 1, 200)}
    page = reporting.html(full((2,), metrics=curve))
    assert "On a logarithmic scale." in page
    assert ">0.001<" in page


def test_long_runs_are_thinned_and_keep_their_extremes():
    loss = np.zeros(20_000)
    loss[::400] = 1.0
    (path,) = paths({"step": np.arange(20_000), "g/loss": loss}, "raw")
    assert 200 < path.count("L") <= 800
    heights = re.findall(r"[ML]\d+ (\d+)", path)
    assert min(map(int, heights)) < 50
    assert max(map(int, heights)) > 950


def test_a_step_written_twice_counts_once():
    again = {"step": np.array([1, 2, 3, 2, 3]), "g/loss": np.array([1, 2, 3, 8, 9])}
    once = {"step": np.array([1, 2, 3]), "g/loss": np.array([1, 8, 9])}
    assert paths(again, "raw") == paths(once, "raw")


def test_smoothing_is_a_mean_of_neighbors():
    y = np.array([1.0, 2.0, np.nan, 4.0, 9.0])
    np.testing.assert_array_equal(smoothed(y, 0), y)
    np.testing.assert_allclose(smoothed(y, 1), [1.5, 1.5, np.nan, 6.5, 6.5])
    np.testing.assert_allclose(smoothed(y, 9), [4, 4, np.nan, 4, 4])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"samples": np.zeros((0, 2))}, "not empty"),
        ({"neighbors": np.zeros((3, 4))}, r"neighbors of samples' shape \(2,\)"),
        ({"neighbors": np.zeros((200, 2))}, "more of them"),
        ({"interpolations": np.zeros((3, 2))}, r"interpolations .* got shape \(3, 2\)"),
        ({"data": np.zeros((3, 1))}, r"data .* got shape \(3, 1\)"),
        ({"frames": [np.zeros((3, 3))]}, r"frames .* got shape \(3, 3\)"),
        ({"frame_steps": [1]}, "3 frames and 1 steps"),
        ({"metrics": {"a/loss": np.zeros(3)}}, 'a column "step"'),
        ({"metrics": {"step": np.zeros(3), "a/b": np.zeros(2)}}, "one length"),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        reporting.html(full((2,), **changes))


@pytest.mark.parametrize("shape", [(2, 3), (4, 3, 2), (2, 1, 3, 2)], ids=str)
def test_arrays_of_any_shape_are_shown_as_their_values(shape):
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
    frames = [a for a in Outline(page).all("div") if a.get("class") == "frame"]
    assert ["hidden" in frame for frame in frames] == [True, False]


def test_the_same_report_is_the_same_page():
    assert reporting.html(full((2,))) == full_page((2,))


def test_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    odd = full((2,), provenance={"command": "train caf\udce9"})  # bytes, not text
    assert reporting.write_html(path, odd) == path
    before = path.read_text(encoding="utf-8")
    assert before.endswith("</html>\n") or before.endswith("</html>")

    def disk_full(self, text, **options):
        self.write_bytes(text[:100].encode())
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_text", disk_full)
    with pytest.raises(OSError, match="No space"):
        reporting.write_html(path, full((1,)))
    assert path.read_text(encoding="utf-8") == before
    assert list(tmp_path.iterdir()) == [path]


def test_without_jinja_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(ImportError, match=r'pip install "advnet\[report\]"'):
        reporting.html(full((2,)))


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_and_controls_can_be_seen(scheme):
    """WCAG AA: 4.5 for text, 3 for lines that mean something and for controls."""
    page = full_page((2,))
    block = re.findall(r":root \{(.*?)\}", page, re.S)[scheme]
    colors = dict(re.findall(r"--(\w+): #(\w{6})", block))

    def luminance(name):
        channels = np.array([int(colors[name][i : i + 2], 16) for i in (0, 2, 4)]) / 255
        low = channels <= 0.04045
        linear = np.where(low, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722] + 0.05

    for ground in ("ground", "raised"):
        for name, least in {"ink": 7, "muted": 4.5, "accent": 4.5}.items():
            pair = sorted([luminance(name), luminance(ground)])
            assert pair[1] / pair[0] >= least, (name, ground)
    for name in ("control", "real"):
        pair = sorted([luminance(name), luminance("ground")])
        assert pair[1] / pair[0] >= 3, name
