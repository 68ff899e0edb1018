"""Settings that a user may choose: their checks."""

import re

import pytest

from advnet.recipes import Settings


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": "hing"}, "No loss named 'hing'. Did you mean 'hinge'"),
        ({"r1": -1.0}, "Expected r1 >= 0, got -1.0."),
        ({"r2": float("nan")}, "Expected r2 >= 0, got nan."),
        ({"learning_rate": 0.0}, "Expected learning_rate in (0, 1], got 0.0."),
        ({"learning_rate": (1e-4, 2.0)}, "Expected learning_rate in (0, 1], got 2.0."),
        ({"learning_rate": (1e-4,) * 3}, "or two (generator, discriminator), got 3"),
        ({"batch_size": 1}, "Expected batch_size >= 2, got 1."),
        ({"k": 0}, "Expected k >= 1, got 0."),
        ({"ema": 1.0}, "Expected ema in [0, 1), got 1.0."),
        ({"width": 0}, "Expected width >= 1, got 0."),
        ({"model": "huge"}, "No model named 'huge'. Known: ['base'"),
        ({"augment": "flip"}, "No augment named 'flip'."),
        ({"precision": "float16"}, "No precision named 'float16'. Did you mean"),
    ],
)
def test_a_bad_setting_is_refused(options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Settings(**options)


@pytest.mark.parametrize("options", [{"r1": "1"}, {"batch_size": 8.0}, {"mirror": 2}])
def test_a_setting_of_another_type_is_refused(options):
    with pytest.raises(TypeError, match=f"Expected {next(iter(options))} to be"):
        Settings(**options)


def test_a_setting_that_does_not_apply_is_refused_by_name():
    with pytest.raises(ValueError, match="images, got r2, mirror. Leave out them"):
        Settings(r2=1.0, mirror=True).check_applicable(["loss"], "images")
    Settings(loss="hinge").check_applicable(["loss"], "images")


def test_learning_rates_by_player():
    assert Settings().rates(1e-3) == (1e-3, 1e-3)
    assert Settings(learning_rate=0.1).rates(1e-3) == (0.1, 0.1)
    assert Settings(learning_rate=(0.1, 0.2)).rates(1e-3) == (0.1, 0.2)
