"""The schema and the codes of a table as JSON."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from advnet.data._table_blocks import Block
from advnet.data._table_codecs import Codec
from advnet.data._table_columns import Column
from advnet.data._table_numbers import Prediction, Scores

FORMAT = 2

Parts = tuple[
    tuple[Column, ...], Mapping[Any, Any], tuple[Codec, ...], tuple[Block, ...]
]


def dump(
    columns: Sequence[Column],
    copies: Mapping[Any, Any],
    codecs: Sequence[Codec],
    blocks: Sequence[Block],
) -> str:
    """Return the parts of a table as JSON."""
    record = {
        "format": FORMAT,
        "columns": [dataclasses.asdict(column) for column in columns],
        "copies": [*copies.items()],
        "codecs": [*map(_codec_record, codecs)],
        "blocks": [block._asdict() for block in blocks],
    }
    return json.dumps(record, ensure_ascii=False)


def load(text: str) -> Parts:
    """Return the parts of a table from the JSON that `dump` wrote.

    Raises:
      ValueError: If the text is not JSON of a table, or of another format.
    """
    record = json.loads(text)
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise ValueError(
            f"Expected the JSON of a table, format {FORMAT}, got {text[:40]!r}. "
            "Learn the table again with Table.from_rows(rows)."
        )
    sequences = ("levels", "shares", "categories")
    columns = (
        Column(**column | {name: tuple(column[name]) for name in sequences})
        for column in record["columns"]
    )
    return (
        tuple(columns),
        dict(record["copies"]),
        tuple(map(_codec, record["codecs"])),
        tuple(Block(**block) for block in record["blocks"]),
    )


def _codec_record(codec: Codec) -> dict[str, Any]:
    record = codec._asdict() | {"scores": codec.scores._asdict()}
    record["scores"]["values"] = codec.scores.values.tolist()
    if codec.prediction is not None:
        weights = codec.prediction.weights.tolist()
        record["prediction"] = codec.prediction._asdict() | {"weights": weights}
    return record


def _codec(record: Mapping[str, Any]) -> Codec:
    scores = Scores(np.asarray(record["scores"]["values"]), record["scores"]["num"])
    prediction = record["prediction"]
    if prediction is not None:
        weights = np.asarray(prediction["weights"])
        prediction = Prediction(**prediction | {"weights": weights})
    return Codec(**{**record, "scores": scores, "prediction": prediction})
