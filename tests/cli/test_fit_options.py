"""Options of `advnet fit` on training and on labels, and their errors."""

import json

import numpy as np
import pytest
from cli.running import BAD

X = np.random.default_rng(0).normal(size=(60, 2))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", X)
    np.save("y.npy", np.array(["cat", "dog"] * 30))
    np.save("short.npy", np.arange(6) % 2)
    return tmp_path


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--loss hing", "No loss named 'hing'. Did you mean 'hinge'"),
        ("--r1 -1", "Expected r1 >= 0, got -1.0"),
        ("--r2 -1", "Expected r2 >= 0, got -1.0"),
        ("--lr 0", "Expected learning_rate in (0, 1], got 0.0"),
        ("--lr .1 .1 .1", "Expected one or two numbers after --lr, got 3"),
        ("--batch-size 1", "Expected batch_size >= 2, got 1"),
        ("--k 0", "k >= 1, got 0"),
        ("--ema 1", "Expected ema in [0, 1), got 1.0"),
        ("--width 0", "Expected width >= 1, got 0"),
        ("--model base", "Expected model 'mlp' for a fully connected pair"),
        ("--model huge", "huge"),
        ("--augment ada", "Expected augment 'none' for a fully connected pair"),
        ("--mirror", "of 2 values, got mirror. Leave out it; these apply: loss"),
        ("--precision float16", "float16"),
        ("--size 8 8", "Expected a folder of images for size, got x.npy"),
        ("--channels 3", "Expected a folder of images for channels, got x.npy"),
        ("--skip-damaged", "Expected a folder of images for skip_damaged"),
        ("--labels nowhere.npy", "got 'nowhere.npy', which does not exist"),
        ("--labels short.npy", "Expected labels [60] of integers or text"),
        ("--devices 9", "Expected devices <= 8, the number that JAX sees here, got 9"),
        ("--devices 5", "a multiple of devices=5, got 64 examples for each step"),
        ("--config nowhere", "not a run folder"),
        ("--window 7", "Expected at least 70 rows for windows of 7, got 60"),
        ("--window 0", "Expected window >= 1, got 0"),
        ("--stride 2", "Expected window with stride=2, got none"),
        ("--time t --window 4", "names of columns for time='t', got x.npy"),
        ("--kind images", "images"),
        ("--kind series", "Expected series [n, t, c] of t >= 12 times, got shape"),
    ],
)
def test_a_bad_option_is_one_line(advnet, options, expected):
    code, out, errors = advnet("fit", "x.npy", "--dry-run", *options.split())
    assert code == BAD, out + errors
    assert "Traceback" not in errors
    assert expected in " ".join((out + errors).replace("│", " ").split())


SETTINGS = "--loss hinge --r1 .1 --r2 0 --lr 1e-3 2e-3 --batch-size 6 --k 2 --ema .9 "
SETTINGS += "--width 16 --model mlp --augment none --precision bfloat16"


@pytest.mark.ci
def test_settings_are_shown_recorded_and_reused(advnet, folder):
    """The options of one run are the defaults of another, which replaces some."""
    code, out, errors = advnet("fit", "x.npy", "--dry-run", *SETTINGS.split())
    assert code == 0, errors
    shown = "loss hinge, r1 0.1, r2 0.0, learning rate (0.001, 0.002), batch size 6, "
    shown += "k 2, ema 0.9, width 16, model mlp, augment none, precision bfloat16"
    assert shown in " ".join(out.split())
    first = [*SETTINGS.split(), "--steps", "2", "--samples", "20", "--run", "first"]
    code, _, errors = advnet("fit", "x.npy", "--labels", "y.npy", *first)
    assert code == 0, errors
    stored = json.loads((folder / "first" / "config.json").read_text())
    assert stored["config"]["learning_rate"] == [0.001, 0.002]
    again = ["fit", "x.npy", "--config", "first", "--k", "1", "--epochs", "9"]
    code, out, errors = advnet(*again, "--dry-run")
    assert code == 0, errors
    assert "of 2 classes" in out
    assert "batch size 6, k 1, ema 0.9" in " ".join(out.split())
    assert "72 steps" in out  # 9 epochs of 48 examples, 6 at a time


def test_the_config_of_a_recipe_is_refused(advnet, folder):
    record = {"format": 4, "id": "a", "devices": 1, "config": {"recipe": "mnist"}}
    record["provenance"] = {"command": "", "device": "", "versions": {}}
    record["data"] = {"shapes": {}, "dtype": "", "digest": ""}
    (folder / "run").mkdir()
    (folder / "run" / "config.json").write_text(json.dumps(record))
    code, _, errors = advnet("fit", "x.npy", "--config", "run/config.json")
    assert code == BAD
    assert "got one of the recipe mnist. Use advnet train." in errors
