"""Runs with labels: conditions by name, pictures by class, inversion, opening again."""

import jax
import numpy as np
import pytest

from advnet import runs
from advnet.runs import Config
from advnet.runs._build import load_dataset

image_module = pytest.importorskip("PIL.Image")
NAMES = ("eel", "owl", "yak")


@pytest.fixture(autouse=True)
def standard_promotion():
    """optax.adam promotes its counters."""
    with jax.numpy_dtype_promotion("standard"):
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Images of 3 classes whose brightness is 40, 120 and 200; half are eels."""
    path = tmp_path_factory.mktemp("animals")
    rng = np.random.default_rng(0)
    for number in range(200):
        label = max(0, number % 4 - 1)
        (path / NAMES[label]).mkdir(exist_ok=True)
        pixels = rng.normal(40 + 80 * label, 5, size=(5, 5)).clip(0, 255)
        image = image_module.fromarray(pixels.astype(np.uint8))
        image.save(path / NAMES[label] / f"{number}.png")
    return path


@pytest.fixture(scope="module")
def run(folder, tmp_path_factory):
    """A short run on the class folders."""
    settings = {"width": 64, "learning_rate": 2e-3, "ema": 0.9, "batch_size": 32}
    config = Config(
        data=folder, run=tmp_path_factory.mktemp("r") / "run", steps=400, **settings
    )
    with jax.numpy_dtype_promotion("standard"):
        return runs.train(config)


def brightness(samples):
    return 255 * samples.mean(axis=tuple(range(1, samples.ndim)))


@pytest.mark.ci
def test_samples_have_the_asked_class(run):
    assert run.class_names == NAMES
    assert run.dataset.train.x.dtype == np.uint8
    for label, name in enumerate(NAMES):
        values = brightness(run.sample(100, condition=name))
        assert abs(values.mean() - (40 + 80 * label)) < 20
    by_index = run.sample(4, condition=1)
    np.testing.assert_array_equal(by_index, run.sample(4, condition="1"))
    np.testing.assert_array_equal(by_index, run.sample(4, condition=["owl"] * 4))


@pytest.mark.ci
def test_classes_have_the_frequencies_of_the_data(run):
    values = brightness(run.sample(600))
    assert abs((values < 80).mean() - 0.5) < 0.08


@pytest.mark.ci
def test_truncation_reduces_the_variety(run):
    spread = lambda **options: (
        run.sample(300, condition="owl", **options).std(axis=0).mean()
    )
    assert spread(truncation=0.05) < 0.5 * spread()


@pytest.mark.ci
def test_each_line_has_one_class(run):
    lines = run.interpolate(2, 5, condition=["eel", "yak"])
    assert lines.shape == (2, 5, 5, 5, 1)
    values = brightness(lines.reshape(10, 5, 5, 1)).reshape(2, 5)
    assert values[0].max() < 110 < values[1].min()


@pytest.mark.ci
def test_an_image_is_inverted_under_its_class(run):
    x = run.sample(2, condition="yak", seed=3)
    found = run.invert(x, condition="yak")
    assert found.z.shape[0] == 2
    assert found.error.max() < 1e-3
    assert run.invert(x, condition="eel").error.min() > found.error.max()


@pytest.mark.ci
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda run: run.sample(2, condition="cow"), "No class named 'cow'. Did you"),
        (lambda run: run.sample(2, condition=3), "a class 0 to 2, or one of eel, owl,"),
        (lambda run: run.sample(2, condition=["eel"] * 3), "each of 2 samples, got 3"),
        (lambda run: run.sample(2, truncation=-1.0), "psi"),
        (lambda run: run.invert(np.zeros((1, 5, 5, 1))), "Pass one of eel, owl, yak"),
        (lambda run: run.invert(np.zeros((1, 2))), r"shape \[5, 5, 1\], as the traini"),
    ],
)
def test_bad_conditions(run, call, message):
    with pytest.raises(ValueError, match=message):
        call(run)


@pytest.mark.ci
def test_the_report_and_the_picture_show_every_class(run):
    run.evaluate()
    with image_module.open(run.folder.picture) as picture:
        assert picture.height == 3 * 16 - 2  # a row for each class, as high as its name
    page = run.report().read_text()
    assert "Samples of the classes eel, owl, yak, a row for each." in page


@pytest.mark.ci
def test_a_run_opens_again_with_its_classes(run):
    again = runs.open(run.folder.path)
    assert again.class_names == NAMES
    np.testing.assert_array_equal(
        again.sample(3, condition="owl"), run.sample(3, condition="owl")
    )


def test_other_labels_are_other_data(tmp_path):
    x, y = np.random.default_rng(0).normal(size=(20, 2)), np.arange(20) % 2
    runs.start(Config(data=x, labels=y, steps=2, run=tmp_path / "run"))
    with pytest.raises(ValueError, match="labels of .* were an array"):
        runs.open(tmp_path / "run", data=x)
    assert runs.open(tmp_path / "run", data=x, labels=y).class_names == ("0", "1")
    with pytest.raises(ValueError, match="data of .* have changed"):
        runs.open(tmp_path / "run", data=x, labels=1 - y)


def test_a_run_without_labels_refuses_a_condition(tmp_path):
    x = np.random.default_rng(0).normal(size=(20, 2))
    run = runs.train(Config(data=x, steps=1, run=tmp_path / "run"))
    with pytest.raises(ValueError, match="the run was trained without labels"):
        run.sample(2, condition="cat")


def test_splits_keep_their_labels(folder):
    dataset = load_dataset(Config(data=folder))
    for split in dataset[:3]:
        labels = np.rint((brightness(split.x / 255.0) - 40) / 80)
        np.testing.assert_array_equal(labels, split.y)
