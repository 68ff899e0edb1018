"""One-hot vectors of a table: categories, and whether a number is missing."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from advnet.data._table_columns import Column

MAX_LEVELS = 50  # of a category with an entry each; the rarer levels share one
_MAX_INDICATORS = 20  # levels of a category that numbers may be predicted from


class Block(NamedTuple):
    """One-hot vector within an encoded row: a category, or whether a number is missing.

    Attributes:
      column: Name of the column.
      size: Length of the vector.
      is_gap: Whether the block says that a number is present (0) or missing (1).
      num_rare: Number of levels that share the last entry, 0 if none do.
    """

    column: Any
    size: int
    is_gap: bool = False
    num_rare: int = 0


def make_blocks(
    columns: Mapping[Any, Column],
    codes: Mapping[Any, np.ndarray],
    numbers: Mapping[Any, np.ndarray],
) -> Iterator[Block]:
    """Yield the blocks of categories, then those of numbers that may be missing."""
    for name in codes:
        num = len(columns[name].levels)
        if num > MAX_LEVELS + 1:
            yield Block(name, MAX_LEVELS + 1, num_rare=num - MAX_LEVELS)
        elif num > 1:
            yield Block(name, num)
    for name, x in numbers.items():
        if np.isnan(x).any():
            yield Block(name, 2, is_gap=True)


def one_hot(
    block: Block, codes: Mapping[Any, np.ndarray], numbers: Mapping[Any, np.ndarray]
) -> np.ndarray:
    """Return the one-hot vectors of a block [n, size]."""
    if block.is_gap:
        index = np.isnan(numbers[block.column]).astype(np.int64)
    else:
        index = np.minimum(codes[block.column], block.size - 1)
    return np.eye(block.size)[index]


def encode_rare(
    block: Block, column: Column, codes: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return a normal score within the share of each rare level; noise elsewhere."""
    edges = _rare_edges(block, column)
    index = codes - (block.size - 1)
    rare = np.maximum(index, 0)
    inside = rng.uniform(0.01, 0.99, len(codes))  # float32 keeps it within the share
    level = edges[rare] + inside * (edges[rare + 1] - edges[rare])
    return np.where(index >= 0, ndtri(level), rng.normal(size=len(codes)))


def decode_rare(block: Block, column: Column, scores: np.ndarray) -> np.ndarray:
    """Return the rare levels of normal scores [n] as indices into all levels."""
    index = np.searchsorted(_rare_edges(block, column), ndtr(scores), side="right") - 1
    return np.clip(index, 0, block.num_rare - 1) + block.size - 1


def _rare_edges(block: Block, column: Column) -> np.ndarray:
    """Return the cumulative shares of the rare levels [num_rare + 1]."""
    shares = np.array(column.shares[block.size - 1 :])
    return np.concatenate([[0.0], np.cumsum(shares) / shares.sum()])


def decode_blocks(
    blocks: tuple[Block, ...],
    columns: Mapping[Any, Column],
    one_hots: np.ndarray,
    rare_scores: np.ndarray,
) -> tuple[dict[Any, np.ndarray], dict[Any, np.ndarray]]:
    """Return codes [n] of categories, and masks [n] of missing numbers, by name.

    Args:
      blocks: All blocks of a table.
      columns: Schemas by name.
      one_hots: Vectors of all blocks [n, sum of sizes]; the largest entry counts.
      rare_scores: Scores of the rare levels, a column for each block that has some.
    """
    codes, missing = {}, {}
    start = num_rare = 0
    for block in blocks:
        index = one_hots[:, start : start + block.size].argmax(axis=1)
        start += block.size
        if block.is_gap:
            missing[block.column] = index == 1
            continue
        if block.num_rare:
            scores = rare_scores[:, num_rare]
            rare = decode_rare(block, columns[block.column], scores)
            index = np.where(index == block.size - 1, rare, index)
            num_rare += 1
        codes[block.column] = index
    return codes, missing


def indicators(
    columns: Mapping[Any, Column], codes: Mapping[Any, np.ndarray]
) -> list[np.ndarray]:
    """Return 0/1 features [n] of the frequent levels of categories but the first."""
    return [
        (x == level).astype(np.float64)
        for name, x in codes.items()
        for level in range(1, min(len(columns[name].levels), _MAX_INDICATORS))
    ]


def find_copies(arrays: Mapping[Any, np.ndarray]) -> dict[Any, Any]:
    """Return the first column that each later column equals, by name of the later.

    Levels are ordered by frequency and appearance, so that two categories with
    different names for the same levels have equal codes.
    """
    sources: dict[bytes, Any] = {}
    copies = {}
    for name, x in arrays.items():
        source = sources.setdefault((x + 0).tobytes(), name)
        if source != name:
            copies[name] = source
    return copies
