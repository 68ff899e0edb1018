"""Metrics of tables: frames of rows in, results out.

Frames are those of pandas, with the same columns; `real` holds rows that the model has
not seen. Arrays [n, d] are tables of numbers. Needs ``pip install "advnet[tables]"``.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from advnet.evaluation import _table_dependence
from advnet.evaluation import _table_models as models
from advnet.evaluation import _table_records as records
from advnet.evaluation import _table_shapes as shapes
from advnet.evaluation._result import MetricResult
from advnet.evaluation._table_frames import Kinds, digest_frames, read_columns

__all__ = [
    "closest_records",
    "column_shapes",
    "dependence",
    "detection",
    "evaluate_tables",
    "pair_trends",
    "usefulness",
]

Results = tuple[MetricResult, ...]


def column_shapes(
    real: Any, fake: Any, *, kinds: Kinds | None = None
) -> tuple[MetricResult, ...]:
    r"""Compare the distribution of every column.

    Categories are compared by the total variation of their shares, numbers by the
    largest difference of their distribution functions (Kolmogorov distance). Both are
    the largest difference of the probability of one event, and 0 if the distributions
    agree. The result "missing values" of numbers with gaps is the difference of
    their shares. The last result is the mean over columns of 1 - distance, the score
    "Column Shapes" of SDMetrics.

    Args:
      real: Rows of the data.
      fake: Samples of the model.
      kinds: Kinds of columns by name, as in `data.Table.kinds`.

    Returns:
      A result for each column, in [0, 1], then means over categories and over numbers,
      then the score. The standard error of a mean is the mean of the standard errors,
      an upper bound.

    Raises:
      ValueError: If the columns differ, or a frame has fewer than two rows.
      TypeError: If `real` or `fake` is neither a frame nor an array.

    Examples:
      >>> real = np.array([[0.0], [1.0], [2.0], [3.0]])
      >>> print(column_shapes(real, real + 2)[0])
      Kolmogorov distance of column 0: 0.5 ± 0.25 (n = 4, 4)

    References:
      Patki et al. 2016; the definitions of SDMetrics, KSComplement and TVComplement.
    """
    return shapes.column_shapes(read_columns(real, fake, kinds=kinds))


def pair_trends(
    real: Any, fake: Any, *, kinds: Kinds | None = None
) -> tuple[MetricResult, ...]:
    r"""Compare the dependence of every pair of columns.

    Two columns of numbers are compared by their correlations r,
    :math:`1 - |r - r'| / 2`. Other pairs are compared by their contingency tables, 1
    minus the total variation; numbers are divided into ten bins of equal width over the
    range of the real values.

    Args:
      real: Rows of the data.
      fake: Samples of the model.
      kinds: Kinds of columns by name, as in `data.Table.kinds`.

    Returns:
      A score for each pair, in [0, 1], 1 is best; then their mean, "Column Pair Trends"
      of SDMetrics. Pairs with a constant column of numbers are left out.

    Raises:
      ValueError: If the columns differ, or a frame has fewer than two rows.
      TypeError: If `real` or `fake` is neither a frame nor an array.

    Examples:
      >>> real = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
      >>> pair_trends(real, real * [[1.0, -1.0]])[0].value  # correlations 1 and -1
      0.0

    References:
      The definitions of SDMetrics, CorrelationSimilarity and ContingencySimilarity. Its
      quality report divides each frame by its own range instead.
    """
    return shapes.pair_trends(read_columns(real, fake, kinds=kinds))


def dependence(rows: Any, *, kinds: Kinds | None = None) -> np.ndarray:
    """Compute how much every two columns of a table depend on each other.

    Args:
      rows: Rows of the data, or samples of a model.
      kinds: Kinds of columns by name, as in `data.Table.kinds`.

    Returns:
      A matrix [columns, columns]: the correlation of two numbers, in [-1, 1]; the
      correlation ratio of a number and a category and Cramér's V of two categories, in
      [0, 1], 0 without dependence. NaN where a column is constant.

    Raises:
      ValueError: If there are fewer than two rows.
      TypeError: If `rows` is neither a frame nor an array.

    Examples:
      >>> x = np.arange(4.0)
      >>> dependence(np.stack([x, -x], axis=1)).tolist()
      [[1.0, -1.0], [-1.0, 1.0]]

    References:
      Cramér 1946, section 21.9; Fisher 1925, section 45, for the correlation ratio.
    """
    return _table_dependence.dependence(read_columns(rows, kinds=kinds))


def detection(
    real: Any, fake: Any, *, kinds: Kinds | None = None, seed: int = 0
) -> MetricResult:
    """Compute how often boosted trees tell samples from rows of the data.

    Both sides are cut to the same number of rows. The trees are those of scikit-learn,
    `HistGradientBoostingClassifier`, with its defaults.

    Args:
      real: Rows of the data.
      fake: Samples of the model.
      kinds: Kinds of columns by name, as in `data.Table.kinds`.
      seed: Seed of the three folds and of the trees.

    Returns:
      The accuracy in threefold cross-validation: 0.5 if the sides look the same, 1 if
      every row is recognized.

    Raises:
      ValueError: If the columns differ, or a side has fewer than 20 rows.
      TypeError: If `real` or `fake` is neither a frame nor an array.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(2, 50, 1))
      >>> detection(x[0], x[1] + 100).value
      1.0

    References:
      Lopez-Paz and Oquab 2017.
    """
    return models.detection(read_columns(real, fake, kinds=kinds), seed)


def usefulness(
    real: Any,
    fake: Any,
    *,
    target: Any = None,
    kinds: Kinds | None = None,
    seed: int = 0,
) -> MetricResult:
    """Compute how well boosted trees that are taught by samples predict real rows.

    Compare with the value for real rows in place of the samples.

    Args:
      real: Rows of the data, to test on.
      fake: Samples of the model, to learn from.
      target: Column to predict from all others; by default the last column that is not
        constant.
      kinds: Kinds of columns by name, as in `data.Table.kinds`.
      seed: Seed of the trees.

    Returns:
      R² if the target is a number, the accuracy if it is a category.

    Raises:
      KeyError: If there is no column `target`.
      ValueError: If the columns differ, there is only one, a side has fewer than 20
        rows, or the target is constant.
      TypeError: If `real` or `fake` is neither a frame nor an array.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(2, 200, 1))
      >>> real, fake = np.concatenate([x, 2 * x], axis=2)
      >>> usefulness(real, fake).value > 0.9
      True

    References:
      Esteban et al. 2017, "train on synthetic, test on real".
    """
    return models.usefulness(read_columns(real, fake, kinds=kinds), target, seed)


def closest_records(
    train: Any, real: Any, fake: Any, *, kinds: Kinds | None = None, seed: int = 0
) -> tuple[MetricResult, ...]:
    """Compute distances to the closest training row, and the share of copies.

    The distance of two rows is the mean over columns of the difference in units of the
    mean absolute deviation of the training rows for numbers, and of 0 or 1 for
    categories. A copy equals a training row in every column.

    Args:
      train: Rows that the model was trained on.
      real: Further rows of the data.
      fake: Samples of the model. At most 2,000 rows of each side are used.
      kinds: Kinds of columns by name, as in `data.Table.kinds`.
      seed: Seed of the choice of rows.

    Returns:
      Five results: the median distance of samples and of real rows to the closest
      training row; the shares of copies among both; and the share of samples that are
      closer to training rows than to as many real rows, 0.5 if nothing is memorized.

    Raises:
      ValueError: If the columns differ, or a frame has fewer than two rows.
      TypeError: If a side is neither a frame nor an array.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(3, 100, 2))
      >>> copies = closest_records(x[0], x[1], x[0])
      >>> copies[0].value, copies[2].value, copies[4].value  # samples that are copies
      (0.0, 1.0, 1.0)

    References:
      Zhao et al. 2021 (CTAB-GAN), section 4.3, for the distance to the closest record.
    """
    return records.closest_records(
        read_columns(train, real, fake, kinds=kinds), np.random.default_rng(seed)
    )


def evaluate_tables(
    real: Any,
    fake: Any,
    *,
    train: Any = None,
    target: Any = None,
    kinds: Kinds | None = None,
    seed: int = 0,
) -> tuple[MetricResult, ...]:
    """Compute all metrics of tables.

    Args:
      real: Rows of the data that the model has not seen.
      fake: Samples of the model.
      train: Rows that the model was trained on, for copies; None leaves them out.
      target: Column for `usefulness`.
      kinds: Kinds of columns by name, as in `data.Table.kinds`.
      seed: Seed of folds, trees and choices of rows.

    Returns:
      The results of all metrics; of `pair_trends` the mean. A metric that cannot be
      computed gives one result whose `failure` holds the reason.

    Raises:
      KeyError: If there is no column `target`.
      ValueError: If the columns differ, or a frame has fewer than two rows.
      TypeError: If a side is neither a frame nor an array.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(2, 100, 2))
      >>> for result in evaluate_tables(x[0], x[1])[-2:]:
      ...     print(result.name, result.features)
      detection accuracy boosted trees
      usefulness (R²) column 1
    """
    columns = read_columns(real, fake, kinds=kinds)
    models.find_target(columns, target)
    metrics: dict[str, Callable[[], Results]] = {
        "column shapes": lambda: shapes.column_shapes(columns),
        "pair trends": lambda: shapes.pair_trends(columns)[-1:],
        "detection accuracy": lambda: (models.detection(columns, seed),),
        "usefulness": lambda: (models.usefulness(columns, target, seed),),
    }
    if train is not None:
        metrics["closest records"] = lambda: closest_records(
            train, real, fake, kinds=kinds, seed=seed
        )
    results = []
    for name, metric in metrics.items():
        frames = (real, train) if name == "closest records" else (real,)
        try:
            digest = digest_frames(*frames)
            results += (result._replace(data=digest) for result in metric())
        except ValueError as error:
            results.append(MetricResult(name, float("nan"), failure=str(error)))
    return tuple(results)
