"""The configuration of a run: its checks, and its form as JSON."""

import dataclasses
import inspect
import json
import typing
from pathlib import Path

import numpy as np
import pytest

from advnet import runs
from advnet.runs import Config, Plan, TrainingOptions, UserDataOptions

X = np.zeros((20, 2))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"recipe": "mnits"}, "No recipe named 'mnits'. Did you mean 'mnist'"),
        ({"recipe": "mnist", "k": 3}, "mnist does not take k"),
        ({"recipe": "mnist", "fold": 1}, "mnist does not take fold"),
        ({"data": X, "updates": "alternating"}, "does not take updates"),
        ({"recipe": "tfd_2014"}, "name its folder with pretrained"),
        ({"data": X, "steps": 0}, "steps >= 1"),
        ({"data": X, "steps": 5, "epochs": 1}, "steps or epochs, got both"),
        ({"data": X, "seed": -1}, "seed >= 0"),
        ({"data": X, "epochs": float("nan")}, "epochs > 0"),
        ({"data": X, "score_every": -1}, "score_every >= 0"),
        ({"data": X, "patience": 3, "score_every": 0}, "score_every > 0, got 0"),
        ({"data": X, "steps_per_call": 7}, "multiple of steps_per_call=7"),
        ({"data": X, "devices": 0}, "devices >= 1"),
        ({"data": X, "loss": "hing"}, "No loss named 'hing'. Did you mean 'hinge'"),
        ({"data": X, "learning_rate": (0.1, 2.0)}, "learning_rate in (0, 1], got 2.0"),
        ({"recipe": "mnist", "loss": "hinge"}, "mnist does not take loss; leave it"),
        ({"recipe": "mnist", "mirror": True}, "mnist does not take mirror"),
        ({"recipe": "mnist_2014", "batch_size": 8}, "does not take batch_size"),
        ({"recipe": "mnist", "labels": np.arange(3)}, "mnist does not take labels"),
        ({"recipe": "cifar10_fc", "size": (8, 8)}, "does not take size"),
    ],
)
def test_a_bad_configuration_is_refused(options, expected):
    with pytest.raises(ValueError, match=expected.replace("(", r"\(")):
        Config(**options)


def test_a_configuration_survives_json():
    config = Config(recipe="mnist_2014", updates="alternating", k=5, data="mnist")
    stored = json.loads(json.dumps(config.to_json()))
    again = Config.from_json(stored)
    assert again == dataclasses.replace(config, data=Path("mnist").absolute())
    assert not again.changes_from(stored)


def test_settings_survive_json():
    settings = {"learning_rate": (1e-4, 2e-4), "k": 2, "size": (8, 16), "ema": 0.0}
    config = Config(data="x", labels="none", **settings)
    stored = json.loads(json.dumps(config.to_json()))
    again = Config.from_json(stored)
    assert not again.changes_from(stored)
    assert {name: getattr(again, name) for name in settings} == settings
    changed = dataclasses.replace(again, k=3, devices=4)
    assert changed.changes_from(stored) == ["k 2 -> 3"]


def test_labels_in_an_array_are_not_stored():
    stored = Config(data=X, labels=np.arange(20) % 2).to_json()
    assert stored["labels"] == "array"
    assert Config(data=X).changes_from(stored) == ["labels array -> None"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"size": 8}, "Expected size of (int, int) | None, got 8 (int)."),
        ({"model": "huge"}, "'tiny' | 'small' | 'base' | 'dcgan' | 'mlp' | None, got"),
        ({"learning_rate": (0.1,) * 3}, "learning_rate of float | (float, float) |"),
    ],
)
def test_the_error_for_a_setting_of_another_type(options, expected):
    with pytest.raises(TypeError) as caught:
        Config(data=X, **options)
    assert expected in str(caught.value)


def test_unknown_fields_are_refused():
    with pytest.raises(ValueError, match=r"got \['sed'\]"):
        Config.from_json({"recipe": "mnist", "sed": 1})


def test_only_the_length_and_the_schedules_may_change():
    stored = Config(recipe="mnist").to_json()
    free = Config(recipe="mnist", steps=9, samples=5, metrics_every=5, on_nan="skip")
    assert free.changes_from(stored) == []
    assert Config(recipe="mnist", seed=7).changes_from(stored) == ["seed 0 -> 7"]
    changed = Config(recipe="mnist_2014", k=2, updates="alternating")
    assert len(changed.changes_from(stored)) == 3


@pytest.mark.parametrize("config", [Config, TrainingOptions, UserDataOptions])
def test_the_docstring_describes_every_field(config):
    for field in dataclasses.fields(config):
        assert f"\n  {field.name}: " in inspect.getdoc(config), field.name


def test_a_path_may_be_text():
    config = Config(data="x.npy", run="runs/x")
    assert (config.data, config.run) == (Path("x.npy"), Path("runs/x"))
    assert "str" in str(typing.get_type_hints(Config)["data"])


def test_the_error_for_a_long_value_is_short():
    rows = np.zeros((1000, 2)).tolist()
    with pytest.raises(TypeError) as caught:
        Config(data=rows)
    message = str(caught.value)
    assert message.startswith(
        "Expected data of Path | str | ndarray | Frame | None, got [[0.0"
    )
    assert message.endswith("(list). Pass an array, numpy.asarray(data), or a path.")
    assert len(message) < 200


def test_the_error_for_data_that_are_not_finite_is_a_sentence():
    with pytest.raises(ValueError, match="^Expected finite data below 1e"):
        runs.plan(Config(data=np.full((20, 2), np.nan)))


def test_a_plan_prints_as_text():
    parameters = {"generator": {"w": (3, 2)}}
    settings = {"loss": "hinge", "batch_size": 8}
    plan = Plan("a pair", 1000, parameters, 2**21, 0.5, 1200, "cpu", settings)
    assert str(plan).splitlines() == [
        "a pair, 1,000 examples",
        "  generator: 6 parameters",
        "    w [3, 2]",
        "  memory: 2 MiB on the device",
        "  settings: loss hinge, batch size 8",
        "  time: 500.0 ms a step, 1,200 steps, about 10.0 minutes on cpu",
    ]
