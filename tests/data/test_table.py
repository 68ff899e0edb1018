"""Tables of any columns as arrays of floats, and back."""

import numpy as np
import pandas as pd
import pytest

from advnet.data import Table, is_table, read_table, rows_of_series, write_table
from advnet.data._table_numbers import Scores, fit_prediction

NUM = 300


@pytest.fixture(scope="module")
def frame():
    """Rows with every kind of column, gaps, copies and sums."""
    rng = np.random.default_rng(0)
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(
        rng.integers(0, 900, NUM), unit="D"
    )
    sold, returned = rng.integers(0, 1000, NUM), rng.integers(0, 90, NUM)
    city = rng.choice(["Rome", "Oslo", "Bonn"], NUM)
    return pd.DataFrame(
        {
            "weight": rng.normal(size=NUM),
            "price": rng.gamma(2, 50, NUM).round(2),
            "sold": sold,
            "returned": returned.astype(np.int16),
            "total": sold + returned,
            "sold again": sold.astype(float),
            "city": city,
            "code": pd.Series(city).map({"Rome": 39, "Oslo": 47, "Bonn": 49}),
            "ordered": pd.Categorical(
                rng.choice(["low", "high"], NUM), ["low", "mid", "high"], ordered=True
            ),
            "member": rng.random(NUM) < 0.3,
            "day": days,
            "text day": days.strftime("%d.%m.%Y"),
            "moment": days.tz_localize("Europe/Rome"),
            "name": [f"name {i}" for i in rng.integers(0, 150, NUM)],
            "constant": 5,
            "empty": np.nan,
            "rating": rng.integers(1, 6, NUM),
            "gap": np.where(rng.random(NUM) < 0.2, np.nan, rng.normal(size=NUM)),
            "gap in text": pd.Series(city).where(rng.random(NUM) > 0.1),
            "gap in days": pd.Series(days).where(rng.random(NUM) > 0.1),
            "gap in integers": pd.array(sold % 97, "Int64"),
            "zeros": np.where(rng.random(NUM) < 0.6, 0, rng.exponential(size=NUM)),
        }
    ).assign(**{"gap in integers": lambda f: f["gap in integers"].mask(sold % 7 == 0)})


@pytest.fixture(scope="module")
def table(frame):
    return Table.from_rows(frame)


@pytest.fixture(scope="module")
def samples(table):
    """Rows decoded from noise, as an untrained generator would give."""
    noise = np.random.default_rng(1).normal(size=(2000, table.num_values))
    return table.decode(noise.astype(np.float32))


def test_kinds_are_recognized(table):
    assert table.kinds == {
        "weight": "continuous",
        "price": "continuous",
        "sold": "integer",
        "returned": "integer",
        "total": "integer",
        "sold again": "integer",
        "city": "category",
        "code": "integer",
        "ordered": "category",
        "member": "boolean",
        "day": "date",
        "text day": "date",
        "moment": "date",
        "name": "category",
        "constant": "constant",
        "empty": "constant",
        "rating": "integer",
        "gap": "continuous",
        "gap in text": "category",
        "gap in days": "date",
        "gap in integers": "integer",
        "zeros": "continuous",
    }


def test_decoding_restores_encoded_rows_with_their_types(table, frame):
    x = table.encode(frame)
    assert x.dtype == np.float32
    assert np.isfinite(x).all()
    restored = table.decode(x)
    exact = [name for name in frame if table.kinds[name] != "continuous"] + ["price"]
    pd.testing.assert_frame_equal(restored[exact], frame[exact])
    pd.testing.assert_frame_equal(restored, frame, rtol=1e-4, atol=1e-4)


def test_numbers_have_standard_normal_codes(table, frame):
    codes = table.encode(frame)[:, : table.num_numbers]
    np.testing.assert_allclose(codes.mean(axis=0), 0, atol=0.15)
    np.testing.assert_allclose(codes.std(axis=0), 1, atol=0.15)


def test_json_restores_the_table(table, frame):
    again = Table.from_json(table.to_json())
    np.testing.assert_array_equal(again.encode(frame), table.encode(frame))
    x = np.random.default_rng(1).normal(size=(50, table.num_values))
    pd.testing.assert_frame_equal(again.decode(x), table.decode(x))
    assert again.to_json() == table.to_json()


def test_json_of_another_format_is_refused():
    with pytest.raises(ValueError, match="format 2, got"):
        Table.from_json('{"format": 99}')


def test_samples_look_like_the_data(samples, frame):
    assert [*samples.columns] == [*frame.columns]
    assert samples.dtypes.equals(frame.dtypes)
    for name in ("city", "code", "member", "name", "rating", "gap in text"):
        assert set(samples[name].dropna()) <= set(frame[name].dropna())
    for name in ("weight", "price", "sold", "total", "day", "gap", "zeros"):
        assert samples[name].min() >= frame[name].min()
        assert samples[name].max() <= frame[name].max()
    np.testing.assert_array_equal(samples["price"], samples["price"].round(2))
    assert (samples["constant"] == 5).all()
    assert samples["empty"].isna().all()
    assert samples["name"].nunique() > 60  # the rare levels too
    assert 0.5 < (samples["zeros"] == 0).mean() < 0.7


def test_relations_of_columns_hold_in_samples(samples):
    assert (samples["sold"] == samples["sold again"]).all()
    names = samples["code"].map({39: "Rome", 47: "Oslo", 49: "Bonn"})
    assert (samples["city"] == names).all()
    assert (samples["day"].dt.strftime("%d.%m.%Y") == samples["text day"]).all()
    assert (samples["total"] == samples["sold"] + samples["returned"]).mean() > 0.95


def test_products_hold_in_samples():
    rng = np.random.default_rng(0)
    width, height = rng.lognormal(3, 0.4, (2, 1000)).round(1)
    area = (width * height).round(1)
    table = Table.from_rows(pd.DataFrame({"w": width, "h": height, "a": area}))
    noise = np.random.default_rng(1).normal(size=(1000, table.num_values))
    samples = table.decode(noise)
    error = (samples["a"] / (samples["w"] * samples["h"]) - 1).abs()
    assert error.quantile(0.9) < 0.02


def test_extrapolation_leaves_the_range(table, frame):
    noise = 3 * np.random.default_rng(1).normal(size=(500, table.num_values))
    samples = table.decode(noise, extrapolate=True)
    assert samples["weight"].max() > frame["weight"].max()
    assert samples["sold"].min() < frame["sold"].min()
    assert samples.dtypes.equals(frame.dtypes)
    inside = table.decode(noise)
    assert inside["weight"].max() <= frame["weight"].max()


def test_numbers_stay_on_their_grid():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"mass": 2700 + 25 * rng.integers(0, 100, 200)})
    samples = Table.from_rows(frame).decode(rng.normal(size=(500, 1)))
    assert ((samples["mass"] - 2700) % 25 == 0).all()


def test_spikes_keep_their_share():
    rng = np.random.default_rng(0)
    values = np.where(rng.random(5000) < 0.4, 1.0, rng.uniform(0.2, 3, 5000).round(2))
    table = Table.from_rows(pd.DataFrame({"carat": values}))
    samples = table.decode(rng.normal(size=(20_000, 1)))
    assert (samples["carat"] == 1).mean() == pytest.approx(0.4, abs=0.02)


def test_gaps_keep_their_rate_if_their_flags_do(table, frame):
    samples = table.decode(table.encode(frame))
    for name in ("gap", "gap in text", "gap in days", "gap in integers"):
        assert (samples[name].isna() == frame[name].isna()).all()


def test_numbers_of_encoded_rows(table, frame):
    x = table.encode(frame)
    numbers = table.to_numbers(x[:6].reshape(2, 3, -1))
    assert numbers.shape == (2, 3, len(frame.columns))
    columns = dict(zip(frame.columns, numbers.reshape(6, -1).T, strict=True))
    np.testing.assert_array_equal(columns["sold"], frame["sold"][:6])
    levels = table.levels("city")
    assert [levels[int(i)] for i in columns["city"]] == [*frame["city"][:6]]


def test_kinds_can_be_corrected(frame):
    table = Table.from_rows(
        frame[["sold", "text day"]], kinds={"sold": "category", "text day": "category"}
    )
    assert table.kinds == {"sold": "category", "text day": "category"}
    assert len(table.levels("sold")) == 50  # of hundreds: the frequent ones


@pytest.mark.parametrize(
    ("kinds", "error", "message"),
    [
        ({"price": "money"}, ValueError, "one of continuous, integer"),
        ({"prise": "category"}, KeyError, "Expected a column 'prise'"),
        ({"city": "continuous"}, ValueError, "Expected numbers in column 'city'"),
        ({"city": "date"}, ValueError, "Expected dates in column 'city'"),
    ],
)
def test_wrong_kinds_are_refused(frame, kinds, error, message):
    with pytest.raises(error, match=message):
        Table.from_rows(frame, kinds=kinds)


def test_levels_and_labels_of_a_category(table, frame):
    levels = table.levels("city")
    labels = table.labels(frame, "city")
    assert labels.dtype == np.int32
    assert [levels[label] for label in labels] == [*frame["city"]]
    codes = table.levels("code")  # a copy has names of its own for the same labels
    assert [codes[label] for label in labels] == [*frame["code"]]
    with pytest.raises(KeyError, match="Expected a category, one of"):
        table.levels("weight")


def test_unknown_values_are_refused(table, frame):
    with pytest.raises(ValueError, match="3 values of column 'city'.* got 'Paris'"):
        table.encode(frame.assign(city="Paris"))
    with pytest.raises(KeyError, match="Expected a column 'city'"):
        table.encode(frame.drop(columns="city"))
    with pytest.raises(ValueError, match=r"encoded rows \[n, "):
        table.decode(np.zeros((3, 1)))


def test_bad_cells_are_refused():
    with pytest.raises(ValueError, match="finite values in column 'a', got inf"):
        Table.from_rows(pd.DataFrame({"a": [*range(20), np.inf]}))
    with pytest.raises(ValueError, match="got list"):
        Table.from_rows(pd.DataFrame({"a": [[1], [2]]}))


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
def test_files_are_read_and_written(frame, tmp_path, suffix):
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"rows{suffix}"
    names = ["price", "sold", "city", "gap", "gap in text", "text day"]
    write_table(frame[names], path)
    again = read_table(path)
    without_gaps = [side.dropna() for side in (again, frame[names])]
    pd.testing.assert_frame_equal(*without_gaps, check_dtype=False)
    np.testing.assert_array_equal(again.isna(), frame[names].isna())
    table = Table.from_rows(path)
    assert table.kinds["text day"] == "date"
    write_table(table.decode(table.encode(path)), tmp_path / f"again{suffix}")
    assert len(read_table(tmp_path / f"again{suffix}")) == len(frame)


def test_integers_with_gaps_stay_integers_in_text(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("year,x,c\n" + "2001,1.0,a\n,,\n2003,3.0,b\n" * 20)
    frame = read_table(path)
    assert [*map(str, frame.dtypes)][:2] == ["Int64", "float64"]
    write_table(frame, tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_text() == path.read_text()


def test_tables_are_files_with_names(tmp_path):
    path = tmp_path / "rows.csv"
    for text, expected in {
        "a,b\n1,x\n": True,
        "1,2\n3,4\n": False,
        "a;b\n1;x\n": False,  # an error of read_csv names the separator
        "1.5 2.5\n3.5 4.5\n": False,
        "full name\nAnn Lee\n": True,
        "0,1\n0.5,1.5\n": False,  # names as pandas writes for arrays
    }.items():
        path.write_text(text)
        assert is_table(path) == expected
    assert is_table(pd.DataFrame({"a": [1]}))
    assert not is_table(np.zeros((3, 2)))


def test_frames_of_polars_are_read(frame):
    polars = pytest.importorskip("polars")
    names = ["price", "city", "day", "gap", "member"]
    columns = {name: frame[name].astype(object).tolist() for name in names}
    columns["day"] = [day.date() for day in frame["day"]]
    columns["gap"] = [None if np.isnan(value) else value for value in frame["gap"]]
    table = Table.from_rows(polars.DataFrame(columns))
    assert [*table.kinds.values()] == [
        *("continuous", "category", "date", "continuous", "boolean")
    ]


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ([1, 2], TypeError, "pandas or polars frame"),
        ("rows.xlsx", ValueError, "ends in .csv, .tsv, .parquet"),
        (pd.DataFrame({"a": []}), ValueError, "Expected rows and columns"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), ValueError, "got 'a' twice"),
    ],
)
def test_sources_that_are_not_tables_are_refused(source, error, message):
    with pytest.raises(error, match=message):
        read_table(source)


def test_scores_invert():
    rng = np.random.default_rng(0)
    values = np.concatenate([np.zeros(300), rng.exponential(size=700)])
    scores = Scores.of(values)
    codes = scores.encode(values, rng)
    assert codes.std() == pytest.approx(1, abs=0.05)
    np.testing.assert_allclose(scores.decode(codes), values, atol=1e-9)


def test_predictions_are_robust_and_refuse_noise():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 2))
    y = x @ [2.0, -1.0] + 3
    y[::50] += 1000  # outliers
    prediction = fit_prediction(y, x, scale=0.0, step=0.0, min_gain=0.4)
    assert prediction is not None
    np.testing.assert_allclose(prediction.weights, [2, -1], atol=1e-3)
    noise = rng.normal(size=400)
    assert fit_prediction(noise, x, scale=0.0, step=0.0, min_gain=0.4) is None


def test_series_become_rows():
    x = np.arange(12.0).reshape(2, 3, 2)
    frame = rows_of_series(x, ["wind", "time"])
    assert [*frame] == ["series", "time_", "wind", "time"]
    assert frame.iloc[4].tolist() == [1, 1, 8, 9]
    with pytest.raises(ValueError, match=r"series \[n, t, 1\] for as many names"):
        rows_of_series(x, ["wind"])


def test_codes_of_samples_can_be_calibrated(table, frame):
    """A generator with light tails reaches the extreme values again."""
    rng = np.random.default_rng(0)
    x, draws = 0.1 + 0.7 * rng.normal(size=(2, 20_000, table.num_values))
    calibrated = table.calibrate(x, draws)
    num = table.num_numbers
    np.testing.assert_allclose(calibrated[:, :num].std(axis=0), 1, atol=0.05)
    np.testing.assert_array_equal(calibrated[:, num:], x[:, num:])
    samples = table.decode(calibrated)
    assert samples["weight"].min() == pytest.approx(frame["weight"].min())
    order = np.argsort(x[:, 0])
    assert (np.diff(calibrated[order, 0]) >= 0).all()
