"""Runs on tables: from a frame or a file to rows like the user's."""

import jax
import numpy as np
import pandas as pd
import pytest

from advnet import runs
from advnet.data import Table, read_table
from advnet.runs import Config


@pytest.fixture(autouse=True)
def _standard_promotion():
    with jax.numpy_dtype_promotion("standard"):  # optax promotes its counters
        yield


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    city = rng.choice(["Rome", "Oslo"], 300)
    return pd.DataFrame(
        {
            "city": city,
            "sold": rng.integers(0, 50, 300),
            "price": rng.gamma(2, 50, 300).round(2),
            "zip": rng.integers(100, 130, 300),
        }
    )


def start(frame, folder, **options):
    options = {"steps": 4, "batch_size": 20, "width": 8, "samples": 60} | options
    return runs.start(Config(data=frame, run=folder, **options))


@pytest.mark.ci
def test_a_run_on_a_frame(frame, tmp_path):
    run = start(frame, tmp_path / "run", labels="city", kinds={"zip": "category"})
    run.train()
    assert run.class_names == run.dataset.table.levels("city")
    rows = run.sample_rows(30, condition="Oslo")
    assert rows.dtypes.equals(frame.dtypes)
    assert set(rows["city"]) == {"Oslo"}
    assert set(rows["zip"]) <= set(frame["zip"])
    assert rows["price"].between(frame["price"].min(), frame["price"].max()).all()
    evaluation = run.evaluate()
    names = {result.name for result in evaluation.results}
    assert {"total variation", "detection accuracy", "copies"} <= names
    assert {result.name for result in evaluation.true_data} <= names
    assert [*read_table(run.folder.rows).columns] == [*frame.columns]
    stored = Table.from_json(run.folder.table.read_text())
    assert stored.kinds["zip"] == "category"
    page = run.report().read_text()
    assert "<strong>price</strong>" in page
    assert "Rome: data" in page  # bars of the categories
    assert ">Dependence</h2>" in page
    again = runs.open(run.folder.path, data=frame)
    pd.testing.assert_frame_equal(again.sample_rows(30, condition="Oslo"), rows)
    with pytest.raises(ValueError, match="data of .* have changed"):
        runs.open(run.folder.path, data=frame.assign(sold=1))


def test_files_with_names_are_tables(frame, tmp_path):
    frame.to_csv(tmp_path / "rows.csv", index=False)
    run = start(tmp_path / "rows.csv", tmp_path / "run")
    assert run.about == "a pair for tables with 3 columns of numbers and 1 category"
    assert any("city category" in note for note in run.notes)
    x = np.random.default_rng(0).normal(size=(50, 2))
    np.savetxt(tmp_path / "array.csv", x, delimiter=",")
    run = start(tmp_path / "array.csv", tmp_path / "array")
    assert run.dataset.table is None
    with pytest.raises(ValueError, match="Expected a run on a table"):
        run.sample_rows(3)


def test_tables_may_be_read_as_arrays(tmp_path):
    rows = pd.DataFrame(
        np.random.default_rng(0).normal(size=(50, 2)), columns=["a", "b"]
    )
    rows.to_csv(tmp_path / "rows.csv", index=False)
    assert start(tmp_path / "rows.csv", tmp_path / "table").dataset.table is not None
    run = start(tmp_path / "rows.csv", tmp_path / "array", kind="arrays")
    assert run.dataset.table is None


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"labels": "town"}, KeyError, "Expected labels to name a category"),
        ({"labels": "price"}, KeyError, "Expected a category, one of"),
        ({"kinds": {"town": "category"}}, KeyError, "Expected a column 'town'"),
        ({"channels": 3}, ValueError, "Expected no channels for a table"),
        ({"model": "dcgan"}, ValueError, "model 'mlp'"),
    ],
)
def test_wrong_options_are_refused(frame, tmp_path, options, error, message):
    with pytest.raises(error, match=message):
        start(frame, tmp_path / "run", **options)


def test_kinds_are_for_tables_alone():
    with pytest.raises(ValueError, match="Expected a table with names of columns"):
        start(np.zeros((50, 2)), None, kinds={"a": "category"})


def test_a_table_of_equal_rows_is_refused(tmp_path):
    with pytest.raises(ValueError, match="a column that varies"):
        start(pd.DataFrame({"a": [1] * 20}), tmp_path / "run")


@pytest.mark.ci
def test_samples_of_series_have_the_names_of_the_table(tmp_path):
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(rng.normal(size=(300, 2)), columns=["wind", "rain"])
    rows.to_csv(tmp_path / "rows.csv", index=False)
    run = start(tmp_path / "rows.csv", tmp_path / "run", window=16)
    run.train()
    assert run.experiment.channels() == ["wind", "rain"]
    frame = run.sample_rows(3)
    assert [*frame] == ["series", "time", "wind", "rain"]
    assert len(frame) == 3 * 16
    with pytest.raises(ValueError, match="Expected a run on a table"):
        run.sample_rows(3, extrapolate=True)
