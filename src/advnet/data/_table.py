"""Tables with columns of any kind as arrays of floats, and back."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from advnet._examples import require_floats
from advnet._extras import require
from advnet.data._table_blocks import (
    Block,
    decode_blocks,
    encode_rare,
    find_copies,
    indicators,
    make_blocks,
    one_hot,
)
from advnet.data._table_codecs import (
    Codec,
    decode_numbers,
    encode_numbers,
    fit_codecs,
)
from advnet.data._table_columns import (
    Column,
    as_arrays,
    check_kind,
    describe,
    from_codes,
    from_numbers,
    to_codes,
    to_dates,
)
from advnet.data._table_files import check_columns, read_table
from advnet.data._table_json import dump, load
from advnet.data._table_numbers import normal_scores
from advnet.data._table_values import Kind


@dataclasses.dataclass(frozen=True)
class Table:
    """Schema of a table, and its map between frames and arrays of floats.

    An encoded row [d] begins with one code for each column of numbers or dates, which
    is about standard normal. One-hot vectors of the categories follow, and one-hot
    vectors of length 2 that say whether a number is missing.

    A column of numbers that others predict well is coded as the residual of a linear
    prediction of its median, or of the median of its logarithm. Residuals, and columns
    that are not predicted, become normal scores of their quantiles. Relations between
    columns, such as a product or a sum, therefore hold in decoded rows too.

    Attributes:
      columns: Schemas of the columns, in the order of the frame.
      copies: Name of the earlier column that a column equals, by name of the column.
      codecs: Codes of the numbers, in the order in which they are decoded.
      blocks: One-hot vectors, in order.

    Examples:
      >>> import pandas as pd
      >>> frame = pd.DataFrame({"city": ["Rome", "Oslo"] * 50, "sold": range(100)})
      >>> table = Table.from_rows(frame)
      >>> table.kinds
      {'city': 'category', 'sold': 'integer'}
      >>> x = table.encode(frame)
      >>> x.shape, x.dtype
      ((100, 3), dtype('float32'))
      >>> table.decode(x).equals(frame)
      True

    References:
      Xu et al. 2019 (CTGAN), section 4.2, for one-hot vectors beside codes of numbers.
    """

    columns: tuple[Column, ...]
    copies: Mapping[Any, Any]
    codecs: tuple[Codec, ...]
    blocks: tuple[Block, ...]

    @classmethod
    def from_rows(
        cls, rows: Any, *, kinds: Mapping[Any, Kind] | None = None, seed: int = 0
    ) -> "Table":
        """Learn the schema and the codes from rows to train on.

        Args:
          rows: A pandas or polars frame, or the path of a ``.csv``, ``.tsv`` or
            ``.parquet`` file.
          kinds: Kinds by name, for columns whose values suggest another kind:
            "continuous", "integer", "category", "boolean" or "date".
          seed: Seed of the noise that spreads numbers over one step of their grid.

        Returns:
          A table.

        Raises:
          ValueError: If a column is not of the kind that was given, a number is not
            finite, or `rows` cannot be read as a table.
          KeyError: If `kinds` names a column that does not exist.
          TypeError: If `rows` is not a frame or a path.
          ImportError: If pandas is not installed.
        """
        frame = read_table(rows)
        kinds = dict(kinds or {})
        check_columns([*kinds], frame)
        for name, kind in kinds.items():
            check_kind(kind, name)
        columns = {name: describe(frame[name], kinds.get(name)) for name in frame}
        codes, numbers = as_arrays(columns, frame)
        copies = find_copies(codes) | find_copies(numbers)
        codes, numbers = (
            {name: x for name, x in arrays.items() if name not in copies}
            for arrays in (codes, numbers)
        )
        blocks = tuple(make_blocks(columns, codes, numbers))
        rng = np.random.default_rng(seed)
        codecs = fit_codecs(columns, numbers, indicators(columns, codes), rng)
        return cls(tuple(columns.values()), copies, tuple(codecs), blocks)

    @property
    def kinds(self) -> dict[Any, Kind]:
        """Kind of each column by name."""
        return {column.name: column.kind for column in self.columns}

    @property
    def num_numbers(self) -> int:
        """Number of codes at the start of an encoded row."""
        return len(self.codecs) + sum(block.num_rare > 0 for block in self.blocks)

    @property
    def block_sizes(self) -> tuple[int, ...]:
        """Lengths of the one-hot vectors that follow."""
        return tuple(block.size for block in self.blocks)

    @property
    def num_values(self) -> int:
        """Length of an encoded row, d."""
        return self.num_numbers + sum(self.block_sizes)

    def encode(self, rows: Any, *, seed: int = 0) -> np.ndarray:
        """Encode rows.

        Args:
          rows: A frame or a path with the columns of this table.
          seed: Seed of the noise that spreads numbers over one step of their grid.

        Returns:
          Encoded rows, float32 [n, d].

        Raises:
          KeyError: If a column is missing.
          ValueError: If a category did not occur in the rows that the table was learned
            from, or a value is not of the kind of its column.
        """
        frame = read_table(rows)
        check_columns([column.name for column in self.columns], frame)
        columns = self._originals()
        codes, numbers = as_arrays(columns, frame)
        rng = np.random.default_rng(seed)
        features = indicators(columns, codes)
        parts = encode_numbers(self.codecs, columns, numbers, features, rng)
        for block in self.blocks:
            if block.num_rare:
                name = block.column
                parts.append(encode_rare(block, columns[name], codes[name], rng))
        parts += [one_hot(block, codes, numbers) for block in self.blocks]
        if not parts:
            return np.zeros((len(frame), 0), np.float32)
        return np.column_stack(parts).astype(np.float32)

    def decode(self, x: np.ndarray, *, extrapolate: bool = False) -> Any:
        """Decode rows.

        Args:
          x: Encoded rows [n, d]. Blocks need not be one-hot: the largest entry counts.
          extrapolate: Whether numbers may lie beyond the range of the data.

        Returns:
          A pandas frame with the columns, their order and their data types as in the
          rows that the table was learned from. Numbers have the decimals of the data,
          and categories are those that occur.

        Raises:
          ValueError: If `x` is not an array of finite values [n, d].
        """
        x = require_floats(x, name="encoded rows")
        if x.ndim != 2 or x.shape[1] != self.num_values:
            raise ValueError(
                f"Expected encoded rows [n, {self.num_values}], got {list(x.shape)}. "
                "Encode with the same table."
            )
        columns, num_codecs = self._originals(), len(self.codecs)
        scores, one_hots = np.split(x.astype(np.float64), [self.num_numbers], axis=1)
        blocks = decode_blocks(self.blocks, columns, one_hots, scores[:, num_codecs:])
        codes = {
            name: blocks[0].get(name, np.zeros(len(x), np.int64))  # 0: a constant
            for name, column in columns.items()
            if column.levels
        }
        numbers = decode_numbers(
            self.codecs,
            columns,
            [*scores[:, :num_codecs].T],
            blocks[1],
            indicators(columns, codes),
            extrapolate=extrapolate,
        )
        frame = {}
        for column in self.columns:
            source = self.copies.get(column.name, column.name)
            if source in codes:
                frame[column.name] = from_codes(column, codes[source])
            else:
                frame[column.name] = from_numbers(column, numbers[source])
        return require("pandas", "tables").DataFrame(frame)

    def calibrate(self, x: np.ndarray, draws: np.ndarray) -> np.ndarray:
        """Return samples with codes that are standard normal, as real ones are.

        Args:
          x: Encoded samples of a generator [n, d].
          draws: Other samples of it [m, d], whose codes would become normal.
        """
        codes, one_hots = np.split(x, [self.num_numbers], axis=1)
        return np.concatenate([normal_scores(codes, draws), one_hots], axis=1)

    def to_numbers(self, x: np.ndarray) -> np.ndarray:
        """Decode rows [..., d] to numbers and indices of levels [..., columns].

        A missing number is NaN; dates are microseconds since 1970.
        """
        frame = self.decode(x.reshape(-1, self.num_values))
        codes, numbers = as_arrays({c.name: c for c in self.columns}, frame)
        columns = np.column_stack([(codes | numbers)[c.name] for c in self.columns])
        return columns.reshape(*x.shape[:-1], -1)

    def levels(self, column: Any) -> tuple[Any, ...]:
        """Return the values of a category that a model can be conditioned on.

        Raises:
          KeyError: If the column is not a category with at least two levels.
        """
        block = self.blocks[self.block_index(column)]
        schema = next(c for c in self.columns if c.name == column)
        return schema.levels[: block.size - (block.num_rare > 0)]

    def labels(self, rows: Any, column: Any) -> np.ndarray:
        """Return the index of each row's value in `levels(column)`, int32 [n].

        Levels that share an entry of the one-hot vector have the index after the last.
        """
        block = self.blocks[self.block_index(column)]
        schema = next(c for c in self.columns if c.name == column)
        codes = to_codes(schema, read_table(rows)[column])
        return np.minimum(codes, block.size - 1).astype(np.int32)

    def block_index(self, column: Any) -> int:
        """Return the position of a category in `blocks`.

        Raises:
          KeyError: If the column is not a category with at least two levels.
        """
        source = self.copies.get(column, column)
        names = {b.column: i for i, b in enumerate(self.blocks) if not b.is_gap}
        if source not in names:
            raise KeyError(
                f"Expected a category, one of {[*names]}, got {column!r}. Declare a "
                f'column as one with kinds={{{column!r}: "category"}}.'
            )
        return names[source]

    def parse_dates(self, rows: Any) -> Any:
        """Return a frame with dates in place of text that holds dates.

        Metrics of tables compare dates as numbers, and text as categories.
        """
        frame = read_table(rows)
        for column in self.columns:
            if column.date_format and column.kind == "date":
                frame[column.name] = to_dates(column, frame[column.name])
        return frame

    def to_json(self) -> str:
        """Return the table as JSON, for `from_json`."""
        return dump(self.columns, self.copies, self.codecs, self.blocks)

    @classmethod
    def from_json(cls, text: str) -> "Table":
        """Return the table that `to_json` wrote.

        Raises:
          ValueError: If the text is not JSON of a table in this format.
        """
        return cls(*load(text))

    def _originals(self) -> dict[Any, Column]:
        """Return the columns that are not copies of others, by name."""
        return {c.name: c for c in self.columns if c.name not in self.copies}
