import hashlib
from typing import Any, NamedTuple

import numpy as np

from advnet.data import Dataset


class Fingerprint(NamedTuple):
    """Shapes, dtype and digest of the examples of a data set, split by split.

    Attributes:
      shapes: Shape of the examples of each split, by its name.
      dtype: Type of the values.
      digest: Digest of all values.
      split: How examples were assigned to the splits; "" if unknown.
    """

    shapes: dict[str, tuple[int, ...]]
    dtype: str
    digest: str
    split: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the fingerprint as JSON values."""
        return self._asdict()

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Fingerprint":
        """Return the fingerprint stored in `values`."""
        shapes = {name: tuple(shape) for name, shape in values["shapes"].items()}
        split = str(values.get("split", ""))  # older records have none
        return cls(shapes, str(values["dtype"]), str(values["digest"]), split)

    def changes_to(self, current: "Fingerprint") -> list[str]:
        """Return the differences in words, from this fingerprint to `current`."""
        changes = [
            f"{name}: {self.shapes.get(name)} -> {current.shapes.get(name)}"
            for name in sorted({*self.shapes, *current.shapes})
            if self.shapes.get(name) != current.shapes.get(name)
        ]
        if self.dtype != current.dtype:
            changes.append(f"dtype: {self.dtype} -> {current.dtype}")
        if not changes and self.digest != current.digest:
            changes.append(f"values: digest {self.digest} -> {current.digest}")
            if self.split != current.split:
                before = self.split or "of an older version"
                changes.append(f"split: {before} -> {current.split}")
        return changes


def fingerprint_of(dataset: Dataset) -> Fingerprint:
    """Compute the fingerprint of the examples and labels of a data set."""
    names = ("train", "valid", "test", "unlabeled")
    splits = {name: getattr(dataset, name) for name in names}
    arrays = {name: split.x for name, split in splits.items() if split is not None}
    total = hashlib.blake2b(digest_size=16)
    if dataset.digest is not None:
        total.update(dataset.digest.encode())
    else:
        for x in arrays.values():
            total.update(np.ascontiguousarray(x).data)
    for split in (dataset.train, dataset.valid, dataset.test):
        if split.y is not None:
            total.update(np.ascontiguousarray(split.y).data)
    return Fingerprint(
        shapes={name: x.shape for name, x in arrays.items()},
        dtype=str(dataset.train.x.dtype),
        digest=total.hexdigest(),
        split=dataset.split,
    )
