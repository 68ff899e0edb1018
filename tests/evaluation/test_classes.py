import numpy as np
import pytest

from advnet.evaluation import classes

NAMES = ("zero", "one", "two")
IDENTITY = np.asarray


def test_shares_of_equal_sides_agree_within_the_error():
    rng = np.random.default_rng(0)
    real, fake = rng.integers(3, size=(2, 3_000))
    distance, *rows = classes.shares(IDENTITY, real, fake, names=NAMES)
    assert distance.value < 3 * distance.standard_error < 0.05
    assert [row.features for row in rows] == ["class zero", "class one", "class two"]
    assert sum(row.value for row in rows) == pytest.approx(1)


def test_a_missing_class_has_no_share():
    distance, *rows = classes.shares(
        IDENTITY, np.repeat([0, 1, 2], 100), np.repeat([0, 1], 150), names=NAMES
    )
    assert distance.value == pytest.approx(1 / 3)
    assert [row.value for row in rows] == [0.5, 0.5, 0.0]


def test_agreement_is_counted_by_class():
    predicted, asked = np.array([0, 0, 1, 1, 2]), np.array([0, 0, 1, 2, 2])
    total, *rows = classes.agreement(IDENTITY, predicted, asked, names=NAMES)
    assert total.value == 0.8
    assert [(row.features, row.value) for row in rows] == [
        ("class zero", 1.0),
        ("class one", 1.0),
        ("class two", 0.5),
    ]


def test_bad_classes_are_refused():
    with pytest.raises(ValueError, match=r"indices of 3 classes .* \[0, 3\]"):
        classes.shares(IDENTITY, [0, 1], [0, 3], names=NAMES)
    with pytest.raises(ValueError, match="a class for each sample"):
        classes.agreement(IDENTITY, [0, 1], [0], names=NAMES)
