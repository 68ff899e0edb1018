"""Results are compared only if they were measured on the same data in the same way."""

import numpy as np
import pytest

from advnet.evaluation import (
    Evaluation,
    check_comparable,
    evaluate_samples,
    features,
    parzen,
    standardize,
    tables,
)

REAL, FAKE, OTHER, TRAIN = np.random.default_rng(0).normal(size=(4, 60, 16, 2))
NAMES = ("kernel", "prdc", "data_copying", "spectrum")


def evaluate(real, fake, **options):
    options = {"train": TRAIN, "metrics": NAMES, **options}
    return evaluate_samples(real, fake, **options)


BASE = evaluate(REAL, FAKE, features=standardize(TRAIN))


def refusals(second, first=BASE):
    """Return the metrics whose results are refused, with the messages."""
    messages = {}
    for pair in zip(first, second, strict=True):
        try:
            check_comparable(*pair)
        except ValueError as error:
            messages[pair[0].name] = str(error)
    return messages


def test_samples_of_two_models_on_one_test_set_can_be_compared():
    assert not refusals(evaluate(REAL, OTHER, features=standardize(TRAIN)))
    stored = Evaluation(None, BASE).to_json()
    assert not refusals(Evaluation.from_json(stored).results)


def test_equal_values_of_another_type_are_the_same_data():
    x = np.float32(REAL)
    assert not refusals(evaluate(np.float64(x), FAKE), evaluate(x, FAKE))


def test_other_test_data_are_named():
    changed = REAL.copy()
    changed[0, 0, 0] += 1e-3
    messages = refusals(evaluate(changed, FAKE, features=standardize(TRAIN)))
    assert len(messages) == len(BASE)
    assert all("data or splits" in message for message in messages.values())
    assert not any("weights" in message for message in messages.values())


def test_other_training_data_are_named_only_for_copies():
    messages = refusals(evaluate(REAL, FAKE, train=OTHER, features=standardize(TRAIN)))
    assert list(messages) == ["copying"]


def test_other_features_and_weights_are_named():
    of_others, of_raw = (
        refusals(evaluate(REAL, FAKE, features=space))["recall"]
        for space in (standardize(OTHER), features.raw_values)
    )
    assert "weights of the features" in of_others
    assert "data or" not in of_others
    assert "the features standardized values and raw values" in of_raw


def test_the_log_likelihood_of_a_parzen_window_carries_its_data():
    x = np.random.default_rng(1).normal(size=(4, 40, 2))
    scores = [parzen.log_likelihood(x[0], side, 1.0) for side in (x[1], x[1], x[2])]
    check_comparable(*scores[:2])
    with pytest.raises(ValueError, match="data or splits"):
        check_comparable(*scores[1:])
    assert parzen.across_folds(scores).data is None


def test_tables_have_a_digest_of_their_real_rows():
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("sklearn")
    rng = np.random.default_rng(0)
    real, fake, train = (
        pandas.DataFrame({"a": rng.normal(size=30), "b": rng.choice([*"xyz"], 30)})
        for _ in range(3)
    )
    digests = lambda *sides, **options: [
        result.data for result in tables.evaluate_tables(*sides, **options)
    ]
    alone = digests(real, fake)
    assert len({*alone}) == 1
    assert digests(real, train) == alone
    assert digests(train, fake) != alone
    assert len({*digests(real, fake, train=train)}) == 2  # copies: also of train
    renamed = real.assign(b=real.b.map({"x": "u", "y": "v", "z": "w"}))
    assert digests(renamed, fake.assign(b=fake.b.map({"x": "u", "y": "v", "z": "w"})))[
        0
    ] not in (None, alone[0])
