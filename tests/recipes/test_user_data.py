"""Loading of the user's data: labels, classes of folders, options."""

import os
import re

import numpy as np
import pytest

from advnet.recipes._user_data import load_user_data

image_module = pytest.importorskip("PIL.Image")
X = np.arange(40.0).reshape(20, 2)
TEXT = np.array(["cat", "dog"] * 10)


def whole(dataset):
    """Return all examples and labels, in the order of the examples."""
    splits = dataset.test, dataset.valid, dataset.train
    x = np.concatenate([split.x for split in splits])
    y = np.concatenate([split.y for split in splits])
    order = x.reshape(len(x), -1)[:, 0].argsort()
    return x[order], y[order]


@pytest.mark.parametrize("labels", [TEXT, TEXT.astype(object), np.char.encode(TEXT)])
def test_text_is_encoded_by_sorted_names(labels):
    dataset = load_user_data(X, seed=0, labels=labels)
    assert dataset.class_names == ("cat", "dog")
    assert dataset.train.y.dtype == np.int32
    assert [len(split.y) for split in dataset[:3]] == [16, 2, 2]
    assert whole(dataset)[1].tolist() == [0, 1] * 10


def test_integers_are_encoded_by_their_values(tmp_path):
    np.save(tmp_path / "y.npy", np.array([7, -1] * 10))
    dataset = load_user_data(X, seed=3, labels=str(tmp_path / "y.npy"))
    assert dataset.class_names == ("-1", "7")
    assert whole(dataset)[1].tolist() == [1, 0] * 10


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (TEXT[:5], "Expected labels [20] of integers or text, one for each"),
        (np.linspace(0, 1, 20), "got float64 [20]. Numbers with fractions are not"),
        (np.arange(20), "at most half as many as examples, got 20 classes of 20"),
        (np.zeros(20, int), "got 1 classes of 20 examples. Pass labels='none'"),
        ("missing.npy", "got 'missing.npy', which does not exist"),
        ("species", "got 'species', which does not exist"),
    ],
)
def test_bad_labels_are_refused(labels, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        load_user_data(X, seed=0, labels=labels)


def test_a_file_of_objects_is_refused(tmp_path):
    np.save(tmp_path / "y.npy", TEXT.astype(object))
    with pytest.raises(ValueError, match=r"y\.npy, got Object arrays .* dtype=str"):
        load_user_data(X, seed=0, labels=tmp_path / "y.npy")


@pytest.mark.parametrize("name", ["size", "channels", "skip_damaged"])
def test_options_of_images_are_refused_for_arrays(name):
    value = {"size": (2, 2), "channels": 1, "skip_damaged": True}[name]
    with pytest.raises(ValueError, match=f"Expected a folder of images for {name}, go"):
        load_user_data(X, seed=0, **{name: value})


def folder_of_classes(path, num=20, names=("cat", "dog")):
    for number in range(num):
        folder = path / names[number % len(names)]
        folder.mkdir(exist_ok=True, parents=True)
        image_module.new("L", (4, 4), number).save(folder / f"{number:02}.png")
    return path


def test_class_folders_are_labels(tmp_path):
    dataset = load_user_data(folder_of_classes(tmp_path / "pets"), seed=0)
    assert (dataset.name, dataset.class_names) == ("pets", ("cat", "dog"))
    x, y = whole(dataset)
    assert x.dtype == np.uint8
    assert x[:, 0, 0, 0].tolist() == [*range(20)]
    assert y.tolist() == [0, 1] * 10


def test_class_folders_can_be_ignored(tmp_path):
    folder = folder_of_classes(tmp_path)
    dataset = load_user_data(folder, seed=0, labels="none")
    assert dataset.train.y is dataset.class_names is None


def test_a_damaged_image_takes_its_label_with_it(tmp_path):
    folder = folder_of_classes(tmp_path)
    (folder / "cat" / "04.png").write_bytes(b"no image")
    with pytest.raises(ValueError, match=r"04\.png is damaged"):
        load_user_data(folder, seed=0)
    with pytest.warns(UserWarning, match="Left out 1 of 20 images"):
        x, y = whole(load_user_data(folder, seed=0, skip_damaged=True))
    assert x[:, 0, 0, 0].tolist() == [n for n in range(20) if n != 4]
    assert y.tolist() == [n % 2 for n in range(20) if n != 4]


def test_a_folder_for_each_image_is_not_a_class(tmp_path):
    folder = folder_of_classes(tmp_path, names=[f"f{n}" for n in range(20)])
    with pytest.raises(
        ValueError, match=r"20 subfolders with 20 images.*--labels none"
    ):
        load_user_data(folder, seed=0)


def test_one_subfolder_is_not_a_class(tmp_path):
    folder = folder_of_classes(tmp_path, names=["all"])
    assert load_user_data(folder, seed=0).class_names is None


def test_the_digest_of_a_folder_is_that_of_its_files(tmp_path):
    folder = folder_of_classes(tmp_path)
    before = load_user_data(folder, seed=0).digest
    assert load_user_data(folder, seed=0).digest == before
    os.utime(folder / "cat" / "00.png", ns=(1, 1))
    assert load_user_data(folder, seed=0).digest != before


def test_a_class_without_training_examples_is_named():
    labels = np.array(["rare", *["often"] * 19])
    with pytest.warns(UserWarning, match="No training example of the classes rare"):
        [load_user_data(X, seed=seed, labels=labels) for seed in range(50)]
