"""Settings of training that a user may choose, for recipes of the user's data."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from advnet import losses
from advnet._validation import check_at_least, require_known

MODELS = ("tiny", "small", "base", "dcgan", "mlp")
"""Names of models; each recipe takes some of them."""

AUGMENTATIONS = ("none", "diff", "ada")
"""Names of augmentations of what the critic sees."""

PRECISIONS = ("float32", "bfloat16")
"""Types in which networks compute."""

_NAMES = {"model": MODELS, "augment": AUGMENTATIONS, "precision": PRECISIONS}
_MAX_RATE = 1.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of training; None leaves the choice to the recipe.

    Attributes:
      loss: Name of a loss in `losses.names()`.
      r1: Weight of the R1 penalty, >= 0; 0 takes no penalty.
      r2: Weight of the R2 penalty, >= 0; 0 takes no penalty.
      learning_rate: Learning rate in (0, 1], or a pair (generator, discriminator).
      batch_size: Examples of one step of the critic, >= 2.
      k: Critic steps for each generator step, >= 1.
      ema: Decay of the average of the generator, in [0, 1); 0 keeps no average.
      width: Units of a layer, or channels of the first stage, >= 1.
      model: "tiny", "small", "base" or "dcgan" for images, "mlp" for any data.
      augment: Augmentation of what the critic sees: "none", "diff" or "ada".
      mirror: Whether images are mirrored at random.
      precision: Type in which the networks compute: "float32" or "bfloat16".

    Raises:
      TypeError: If a value is not a number where a number is expected.
      ValueError: If a name is unknown, or a number is out of range.

    Examples:
      >>> Settings(loss="hinge", r1=0.1).names()
      ('loss', 'r1')
      >>> Settings(loss="hing")
      Traceback (most recent call last):
      ValueError: No loss named 'hing'. Did you mean 'hinge'? Known: ...
    """

    loss: str | None = None
    r1: float | None = None
    r2: float | None = None
    learning_rate: float | tuple[float, float] | None = None
    batch_size: int | None = None
    k: int | None = None
    ema: float | None = None
    width: int | None = None
    model: str | None = None
    augment: str | None = None
    mirror: bool | None = None
    precision: str | None = None

    def __post_init__(self):
        """Check every value."""
        if self.loss is not None:
            known = dict.fromkeys(losses.names())
            require_known(known, self.loss, "loss")
        for name, values in _NAMES.items():
            if getattr(self, name) is not None:
                require_known(dict.fromkeys(values), getattr(self, name), name)
        for name in ("r1", "r2"):
            _check_number(name, getattr(self, name), ">= 0", lambda x: x >= 0)
        _check_number("ema", self.ema, "in [0, 1)", lambda x: 0 <= x < 1)
        for rate in self._rates():
            _check_number(
                "learning_rate", rate, "in (0, 1]", lambda x: 0 < x <= _MAX_RATE
            )
        minimum = {"batch_size": 2, "k": 1, "width": 1}
        for name, least in minimum.items():
            if getattr(self, name) is not None:
                check_at_least(least, **{name: getattr(self, name)})
        if self.mirror not in (None, True, False):
            raise TypeError(f"Expected mirror to be True or False, got {self.mirror}.")

    def names(self) -> tuple[str, ...]:
        """Return the names of the settings that are not None."""
        fields = (field.name for field in dataclasses.fields(self))
        return tuple(name for name in fields if getattr(self, name) is not None)

    def as_dict(self) -> dict[str, Any]:
        """Return the settings that are not None by name."""
        return {name: getattr(self, name) for name in self.names()}

    def require(self, name: str) -> Any:
        """Return a setting that must not be None."""
        value = getattr(self, name)
        if value is None:
            raise ValueError(f"Expected a value of {name}, got None. Set a default.")
        return value

    def rates(
        self, default: float | tuple[float, float] | None = None
    ) -> tuple[float, float]:
        """Return the learning rates of generator and discriminator.

        Args:
          default: Learning rate, or a pair, where none is set.
        """
        rate = default if self.learning_rate is None else self.learning_rate
        if rate is None:
            raise ValueError("Expected learning_rate or a default, got None. Set one.")
        return rate if isinstance(rate, tuple) else (rate, rate)

    def completed(
        self, defaults: "Settings", names: Sequence[str], about: str
    ) -> "Settings":
        """Return the settings with the defaults of a recipe where they are None.

        Args:
          defaults: Settings of the recipe.
          names: Names of the settings that the recipe takes.
          about: The recipe, for the error.

        Raises:
          ValueError: If a setting is not None and not among `names`.
        """
        self.check_applicable(names, about)
        return dataclasses.replace(defaults, **self.as_dict())

    def check_applicable(self, names: Sequence[str], about: str) -> None:
        """Raise if a setting is chosen that a recipe does not take.

        Args:
          names: Names of the settings that the recipe takes.
          about: The recipe, for the error.

        Raises:
          ValueError: If a setting is not None and not among `names`.
        """
        refused = [name for name in self.names() if name not in names]
        if refused:
            raise ValueError(
                f"Expected settings that apply to {about}, got {', '.join(refused)}. "
                f"Leave out {'it' if len(refused) == 1 else 'them'}; these apply: "
                f"{', '.join(names)}."
            )

    def _rates(self) -> tuple[Any, ...]:
        """Return the learning rates that are set, one or two."""
        rate = self.learning_rate
        if isinstance(rate, Sequence) and not isinstance(rate, str):
            if len(rate) != 2:
                raise ValueError(
                    "Expected one learning_rate, or two (generator, discriminator), "
                    f"got {len(rate)}."
                )
            object.__setattr__(self, "learning_rate", tuple(rate))
            return tuple(rate)
        return (rate,)


def _check_number(name: str, value: Any, interval: str, is_inside: Any) -> None:
    """Raise if a value is set and is not a number inside its interval."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"Expected {name} to be a number, got {value!r}.")
    if not math.isfinite(value) or not is_inside(value):
        raise ValueError(f"Expected {name} {interval}, got {value}.")
