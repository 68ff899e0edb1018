"""Samples and data of a table as frames, and their evaluation."""

from collections.abc import Callable

import numpy as np

from advnet import data
from advnet.data import Table
from advnet.evaluation import MetricResult, tables
from advnet.runs._experiment import Experiment

Results = tuple[MetricResult, ...]


def require_table(experiment: Experiment) -> Table:
    """Return the table that the data of a run are rows of.

    Raises:
      ValueError: If the data are not a table.
    """
    table = experiment.dataset.table
    if table is None:
        raise ValueError(
            "Expected a run on a table, got one on an array or on images. Draw samples "
            "as an array: run.sample(num), or --out samples.npy."
        )
    return table


def row_decoder(experiment: Experiment, *, extrapolate: bool) -> Callable:
    """Return the function from samples to a frame: rows of a table, or of series.

    Raises:
      ValueError: If the data are neither, or series are to be extrapolated.
    """
    channels = experiment.channels()
    if channels and not extrapolate:
        return lambda x: data.rows_of_series(x, channels)
    table = require_table(experiment)
    return lambda x: table.decode(x, extrapolate=extrapolate)


def evaluate_rows(
    experiment: Experiment, samples: np.ndarray
) -> tuple[Results, Results]:
    """Evaluate samples [n, d] against test rows, and training rows likewise."""
    table = require_table(experiment)
    decode = lambda x: table.parse_dates(table.decode(x))
    train, test = map(decode, (experiment.trained_on, experiment.dataset.test.x))
    kinds = table.kinds
    results = tables.evaluate_tables(test, decode(samples), train=train, kinds=kinds)
    subset = np.random.default_rng(0).permutation(len(train))[: len(samples)]
    true_data = tables.evaluate_tables(test, train.iloc[subset], kinds=kinds)
    return results, true_data
