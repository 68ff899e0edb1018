"""Loading of the user's own table, split by a seed."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from advnet import data
from advnet.data import Dataset, Frame, Split, Table
from advnet.recipes._user_data import NO_LABELS, load_user_data, name_split

_MIN_ROWS = 10
_RARE = "other"  # name of the class of all rare levels


def load_data_or_table(
    source: Any, *, kinds: Mapping[str, Any] | None = None, **options: Any
) -> Dataset:
    """Load the user's data: a table where it has columns with names, else an array.

    Args:
      source: A frame, an array [n, ...], a file or a folder.
      kinds: Kinds of columns of a table by name.
      **options: Options of `load_user_data`.

    Raises:
      OSError: If there is no such file.
      ValueError: If an option does not apply, or the data do not have their form.
    """
    is_series = options.get("kind") is not None or options.get("window") is not None
    if is_series or not data.is_table(source):
        if kinds:
            raise ValueError(
                f"Expected a table with names of columns for kinds, got {source!r:.80}."
                " Leave kinds out."
            )
        return load_user_data(source, **options)
    applicable = ("labels", "seed")
    for name, value in options.items():
        if value and name not in applicable:
            raise ValueError(
                f"Expected no {name} for a table, got {name}={value!r}. Leave it out."
            )
    return load_table(
        source, kinds=kinds, labels=options.get("labels"), seed=options["seed"]
    )


def load_table(
    source: Path | Frame,
    *,
    kinds: Mapping[str, Any] | None,
    labels: Any,
    seed: int,
) -> Dataset:
    """Load a table, shuffled by `seed`: a tenth to test, one to validate.

    The schema is learned from all rows, so that every category that occurs is known.

    Args:
      source: A frame, or a file that `data.read_table` reads.
      kinds: Kinds of columns by name, where they are not to be recognized.
      labels: Name of a category that is given instead of drawn, or "none".
      seed: Seed of the permutation.

    Raises:
      KeyError: If `kinds` or `labels` names a column that does not exist or is not a
        category.
      ValueError: If there are fewer than 10 rows, or a column cannot be read.
    """
    frame = data.read_table(source)
    if len(frame) < _MIN_ROWS:
        raise ValueError(f"Expected at least {_MIN_ROWS} rows, got {len(frame)}.")
    digest = hashlib.blake2b(frame.to_csv(index=False).encode(), digest_size=16)
    frame = frame.iloc[np.random.default_rng(seed).permutation(len(frame))]
    table = Table.from_rows(frame, kinds=kinds)
    if not table.num_values:
        raise ValueError(
            "Expected a column that varies, got a table whose rows are all equal."
        )
    x, y, names = table.encode(frame), None, None
    if labels is not None and not (isinstance(labels, str) and labels == NO_LABELS):
        column = _require_column(labels, table)
        y, names = table.labels(frame, column), _class_names(table, column)
    cuts = [len(x) // 10, 2 * (len(x) // 10)]
    parts = [None] * 3 if y is None else np.split(y, cuts)
    test, valid, train = map(Split, np.split(x, cuts), parts)
    return Dataset(
        train,
        valid,
        test,
        name=source.name if isinstance(source, Path) else "table",
        class_names=names,
        table=table,
        digest=digest.hexdigest(),
        split=name_split(seed),
    )


def _require_column(labels: Any, table: Table) -> str:
    """Return the name of the column that holds the labels."""
    if not isinstance(labels, str | Path) or str(labels) not in table.kinds:
        raise KeyError(
            f"Expected labels to name a category of the table, one of "
            f"{[*table.kinds]}, got {labels!r}."
        )
    return str(labels)


def _class_names(table: Table, column: str) -> tuple[str, ...]:
    """Return the names of the classes; rare levels share the last."""
    block = table.blocks[table.block_index(column)]
    names = ["missing" if x is None else str(x) for x in table.levels(column)]
    return (*names, *([_RARE] if block.num_rare else []))
