"""`advnet reproduce` at its tiny scale, and what it makes."""

import json
from types import SimpleNamespace

import jax
import matplotlib.image
import numpy as np
import pytest
from scipy import io, spatial

from advnet.cli import _experiment
from advnet.cli._options import Train
from advnet.cli._reproduce import _ablation, _figures, _runs, _table1
from advnet.data import _cifar10

RNG = np.random.default_rng(0)
FACES, SIDE = 300, 48


@pytest.fixture(autouse=True)
def standard_promotion():
    """Optax raises a Python float to the power of its int32 step counter."""
    with jax.numpy_dtype_promotion("standard"):
        yield


@pytest.fixture
def faces(tmp_path):
    """Noise in the layout of the Toronto Face Database, of which it says so."""
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
    """Three of everything: the run, not what it learns, is looked at."""
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


@pytest.mark.ci
def test_figure1_ends_where_the_paper_says(advnet, tmp_path):
    """At its full scale, which takes seconds."""
    code, _, errors = advnet(
        "reproduce", "figure1", "--scale", "paper", "--out", tmp_path
    )
    assert code == 0, errors
    states = json.loads((tmp_path / "figure1-paper.json").read_text())
    assert states["(b)"]["mean |logit - optimal|"] < 0.1
    assert states["(d)"]["JSD of the densities"] < 0.01
    assert matplotlib.image.imread(tmp_path / "figure1-paper.png").shape[1] > 1000


def rightmost_samples(made, state):
    drawn = made.draw(state, _figures._ROWS * _figures._COLUMNS)
    return drawn[_figures._COLUMNS - 1 :: _figures._COLUMNS]


@pytest.mark.ci
def test_figure2a_shows_the_nearest_training_examples(reproduce, tmp_path):
    record, _ = reproduce("figure2a")
    made, state = _experiment.finished(tmp_path / "runs" / "mnist_2014-tiny-seed0")
    right, train = rightmost_samples(made, state), made.dataset.train.x
    distances = spatial.distance.cdist(*(x.reshape(len(x), -1) for x in (right, train)))
    found = record["nearest training examples"]
    np.testing.assert_array_equal(found, distances.argmin(axis=1))
    np.testing.assert_allclose(
        record["their distances"], distances.min(axis=1), rtol=1e-5
    )
    picture = matplotlib.image.imread(tmp_path / "figure2a-tiny.png")[..., :1]
    for row, index in enumerate(found):
        shown = picture[30 * row : 30 * row + 28, -28:]
        np.testing.assert_allclose(shown, train[index], atol=1 / 255)
    assert "4,000 training examples" in record["data"]
    assert record["evaluation"]["parzen"]["true data"]["sigma"] > 0


@pytest.mark.ci
def test_a_run_that_is_done_is_not_done_again(reproduce, few_steps, monkeypatch):
    reproduce("figure3")
    monkeypatch.setattr(_runs, "train", lambda options: pytest.fail("trained twice"))
    record, _ = reproduce("figure3")
    assert record["training step"] == 3


def test_lines_are_straight_in_z():
    options = Train(recipe="mnist_2014", steps=1, samples=10)
    made, seen = _experiment.experiment(options), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            _experiment.games,
            "apply",
            lambda game, state, name, z, **_: seen.append(np.asarray(z)) or z,
        )
        made.interpolate(made.start(), 3, 5)
    lines = seen[0].reshape(3, 5, -1)
    np.testing.assert_allclose(np.diff(lines, n=2, axis=1), 0, atol=1e-6)
    assert np.abs(lines[:, 0] - lines[:, -1]).min(axis=1).max() > 0


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
    assert len(mnist["samples"]["of each seed"]) == 2
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
    made, state = _experiment.finished(next((tmp_path / "runs").iterdir()))
    right, train = rightmost_samples(made, state), made.dataset.train.x
    distances = spatial.distance.cdist(*(x.reshape(len(x), -1) for x in (right, train)))
    found = record["nearest training examples"]
    np.testing.assert_array_equal(found, distances.argmin(axis=1))


@pytest.mark.slow
def test_figure2b_and_table1_with_faces(reproduce, few_steps, faces):
    record, _ = reproduce("figure2b", "--faces", faces)
    assert record["data"] == "noise, 120 training examples"
    record, out = reproduce("table1", "--faces", faces)
    assert "Faces here: noise, 120 training examples" in out
    assert len(record["TFD"]["samples"]["of each fold"]) == 5


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["reproduce", "figure2b"], "given out on request"),
        (["reproduce", "figure1", "--era", "today"], "figure1 has no --era"),
        (["reproduce", "figure2a", "--seeds", "3"], "figure2a has no --seeds"),
        (["reproduce", "ablation", "--k", "3"], "ablation has no --k"),
        (["reproduce", "figure2a", "--k", "3"], "k = 1 where both move at once"),
        (["train", "mnist", "--k", "3"], "--updates and --k are for the recipes of"),
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
    assert "--pretrained" in errors


def test_seeds_that_never_left_the_start_are_told_and_not_averaged():
    rows = [
        {"log_likelihood": score, "standard_error": 2.0, "sigma": 0.2}
        for score in (190.0, -460.0, 200.0)
    ]
    seeds = [SimpleNamespace(evaluation={"parzen": {"samples": row}}) for row in rows]
    found = _table1._of_seeds(seeds)["samples"]
    assert found["mean"] == 195.0
    assert found["of each seed"] == [190.0, -460.0, 200.0]
    text = _table1._as_text({"MNIST": {"samples": found}}, [])
    assert "| adversarial nets, here | 195.0 ± 2.0 | - |" in text
    assert "The mean is of 2 of 3 seeds" in text
    lost = _table1._of_seeds(seeds[1:2])["samples"]
    assert lost["mean"] == -460.0
