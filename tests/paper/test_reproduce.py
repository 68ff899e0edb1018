"""`advnet reproduce` at its tiny scale."""

import json

import jax
import matplotlib.image
import numpy as np
import pytest
from scipy import io, spatial

from advnet import runs
from advnet.data import _cifar10
from advnet.evaluation import MetricResult, parzen
from advnet.paper import _ablation, _figures, _runs, _table1

RNG = np.random.default_rng(0)
FACES, SIDE = 300, 48


@pytest.fixture(autouse=True)
def standard_promotion():
    """Optax raises a Python float to the power of its int32 step counter."""
    with jax.numpy_dtype_promotion("standard"):
        yield


@pytest.fixture
def faces(tmp_path):
    """A file of noise in the layout of the Toronto Face Database."""
    roles = np.repeat([0, 1, 2, 3], [FACES - 180, 120, 30, 30])
    variables = {
        "images": RNG.integers(0, 256, (FACES, SIDE, SIDE), dtype=np.uint8),
        "labs_ex": np.where(roles == 0, -1, 1 + np.arange(FACES) % 7)[:, None],
        "folds": np.tile(roles[:, None], 5),
    }
    io.savemat(tmp_path / "noise.mat", variables)
    return tmp_path / "noise.mat"


@pytest.fixture
def cifar10(tmp_path, monkeypatch):
    """Noise in the layout of CIFAR-10, 60 images a file."""
    monkeypatch.setattr(_cifar10, "_RECORDS_PER_FILE", 60)
    monkeypatch.setattr(_cifar10, "_VALID_EXAMPLES", 60)
    names = [f"data_batch_{number}.bin" for number in range(1, 6)] + ["test_batch.bin"]
    for name in names:
        records = RNG.integers(0, 256, (60, 3073), dtype=np.uint8)
        records[:, 0] %= 10
        (tmp_path / name).write_bytes(records.tobytes())
    return tmp_path


@pytest.fixture
def few_steps(monkeypatch):
    """Three steps for each run: the tests do not check learning."""
    monkeypatch.setattr(_runs, "_TINY_STEPS", dict.fromkeys(_runs._TINY_STEPS, 3))
    monkeypatch.setattr(_ablation, "_TINY_STEPS", 2)


@pytest.fixture
def reproduce(advnet, tmp_path):
    def reproduce(result, *options):
        code, out, errors = advnet("reproduce", result, "--out", tmp_path, *options)
        assert code == 0, errors
        record = json.loads((tmp_path / f"{result}-tiny.json").read_text())
        assert record["command"].startswith(f"advnet reproduce {result}")
        assert set(record["versions"]) >= {"advnet", "jax", "flax", "optax", "numpy"}
        return record, out

    return reproduce


@pytest.mark.slow
def test_figure1_ends_where_the_paper_says(advnet, tmp_path):
    code, _, errors = advnet("reproduce", "figure1", "--out", tmp_path)
    assert code == 0, errors
    states = json.loads((tmp_path / "figure1-tiny.json").read_text())
    assert states["(b)"]["logit_error"] < 0.1
    assert states["(d)"]["density_jsd"] < 0.01
    assert states["(d)"]["total_variation"] < 0.03
    assert states["(d)"]["distance_from_half"] < 0.05
    assert matplotlib.image.imread(tmp_path / "figure1-tiny.png").shape[1] > 1000


def rightmost_samples(run):
    num = _figures.ROWS * _figures.COLUMNS
    samples = run.experiment.sample(run.state, num)
    return samples[_figures.COLUMNS - 1 :: _figures.COLUMNS]


@pytest.mark.ci
def test_figure2a_shows_the_nearest_training_examples(reproduce, tmp_path):
    record, _ = reproduce("figure2a")
    run = runs.open(tmp_path / "runs" / "mnist_2014-tiny-seed0")
    right, train = rightmost_samples(run), run.dataset.train.x
    distances = spatial.distance.cdist(*(x.reshape(len(x), -1) for x in (right, train)))
    found = record["nearest training examples"]
    np.testing.assert_array_equal(found, distances.argmin(axis=1))
    np.testing.assert_allclose(
        record["their distances"], distances.min(axis=1), rtol=1e-5
    )
    picture = matplotlib.image.imread(tmp_path / "figure2a-tiny.png")[..., None]
    for row, index in enumerate(found):
        shown = picture[30 * row : 30 * row + 28, -28:]
        np.testing.assert_allclose(shown, train[index], atol=1 / 255)
    assert "4,000 training examples" in record["data"]
    assert record["evaluation"]["parzen"]["rows"]["true data"]


@pytest.mark.slow
def test_a_run_that_is_done_is_not_done_again(reproduce, few_steps, monkeypatch):
    reproduce("figure3")
    monkeypatch.setattr(runs.Run, "train", lambda *_: pytest.fail("trained twice"))
    record, _ = reproduce("figure3")
    assert record["training step"] == 3


@pytest.mark.slow
def test_table1_without_faces_says_so(reproduce, few_steps):
    record, out = reproduce("table1", "--seeds", "2")
    for expected in (
        "| adversarial nets, the paper | 225 ± 2 | 2057 ± 26 |",
        "TFD was not run",
        "Standard deviation over 2 seeds",
        "blurry",
    ):
        assert expected in out
    mnist = record["MNIST"]
    assert set(mnist) == {"samples", "true data", "k-means"}
    assert len(mnist["samples"]["values"]) == 2
    assert mnist["true data"]["mean"] > mnist["samples"]["mean"]
    assert "TFD" not in record


@pytest.mark.slow
def test_ablation_keeps_what_is_done(reproduce, few_steps, tmp_path, monkeypatch):
    record, out = reproduce("ablation")
    assert list(record["nats"]) == list(_ablation.VARIANTS)
    assert "Algorithm 1" in out
    assert len(set(map(tuple, record["nats"].values()))) == len(_ablation.VARIANTS)
    monkeypatch.setattr(_ablation, "fit", lambda *_, **__: pytest.fail("again"))
    again, _ = reproduce("ablation")
    assert again["nats"] == record["nats"]


@pytest.mark.slow
@pytest.mark.parametrize("result", ["figure2c", "figure2d"])
def test_figures_of_cifar10(reproduce, cifar10, tmp_path, result):
    record, _ = reproduce(result, "--cifar10", cifar10)
    assert record["data"] == "cifar10, 240 training examples"
    run = runs.open(next((tmp_path / "runs").iterdir()))
    right, train = rightmost_samples(run), run.dataset.train.x
    distances = spatial.distance.cdist(*(x.reshape(len(x), -1) for x in (right, train)))
    found = record["nearest training examples"]
    np.testing.assert_array_equal(found, distances.argmin(axis=1))


@pytest.mark.slow
def test_figure2b_and_table1_with_faces(reproduce, few_steps, faces):
    record, _ = reproduce("figure2b", "--faces", faces)
    assert record["data"] == "noise, 120 training examples"
    record, out = reproduce("table1", "--faces", faces)
    assert "Faces here: noise, 120 training examples" in out
    assert len(record["TFD"]["samples"]["values"]) == 5


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["reproduce", "figure2b"], "given out on request"),
        (["reproduce", "figure1", "--era", "today"], "figure1 has no --era"),
        (["reproduce", "figure2a", "--seeds", "3"], "figure2a has no --seeds"),
        (["reproduce", "ablation", "--k", "3"], "ablation has no --k"),
        (["reproduce", "figure2a", "--k", "3"], "k = 1 with simultaneous updates"),
        (["train", "mnist", "--k", "3"], "mnist does not take k"),
    ],
)
def test_bad_requests(advnet, tmp_path, monkeypatch, arguments, expected):
    monkeypatch.chdir(tmp_path)
    code, _, errors = advnet(*arguments)
    assert code == 2
    assert expected in errors


def test_tfd_wants_a_pretrained_run(advnet, tmp_path, faces):
    options = ["--data-dir", faces, "--run", tmp_path / "run"]
    code, _, errors = advnet("train", "tfd_2014", *options)
    assert code == 2
    assert "pretrained" in errors


def test_seeds_that_never_left_the_start_are_reported_and_not_averaged():
    bandwidth = parzen.Bandwidth(0.2, 3, np.zeros(10), np.zeros(10))
    tables = [
        parzen.Table(
            {"samples": parzen.Score(MetricResult("nats", value, 2.0), bandwidth)}, ()
        )
        for value in (190.0, -460.0, 200.0)
    ]
    column = _table1.summarize_seeds(tables)
    cell = column["samples"]
    assert cell.mean == 195.0
    assert cell.values == [190.0, -460.0, 200.0]
    text = _table1.as_markdown({"MNIST": column}, [])
    assert "| adversarial nets, here | 195.0 ± 2.0 | - |" in text
    assert "The mean is of 2 of 3 seeds" in text
    lost = _table1.summarize_seeds(tables[1:2])["samples"]
    assert lost.mean == -460.0
