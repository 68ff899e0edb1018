"""Checks of the values of a configuration: types, numbers and names of options."""

import dataclasses
import math
import reprlib
import types
import typing
from typing import Any, Literal

import numpy as np

from advnet._validation import check_at_least
from advnet.data import Frame

MAX_STEPS = 2**31 - 1
"""Largest number of steps that the counter of a state, an int32, can hold."""

GENERAL = ("recipe", "data", "seed", "split_seed", "score")
"""Options of all recipes, beside those that may change."""

_SCHEDULES = ("checkpoint_every", "metrics_every")
_MAX_SEED = 2**32 - 1
_MAX_SHOWN = 60  # characters of a wrong value

_ADVICE = {"data": " Pass an array, numpy.asarray(data), or a path."}


def check_seed(seed: int) -> None:
    """Raise if a seed does not fit the 32 bits of a random key."""
    check_at_least(0, seed=seed)
    if seed > _MAX_SEED:
        raise ValueError(
            f"Expected seed <= {_MAX_SEED}, got {seed}. Random keys have 32 bits of it."
        )


def check_types(config: Any) -> None:
    hints = typing.get_type_hints(type(config))
    for field in dataclasses.fields(config):
        value, hint = getattr(config, field.name), hints[field.name]
        if not _is_a(value, hint):
            raise TypeError(
                f"Expected {field.name} of {_in_words(hint)}, got {_shortened(value)} "
                f"({type(value).__name__}).{_ADVICE.get(field.name, '')}"
            )


def _in_words(hint: Any) -> str:
    """Return the name of a type as a user writes it."""
    parts = typing.get_args(hint)
    if typing.get_origin(hint) is tuple:
        return f"({', '.join(map(_in_words, parts))})"
    if typing.get_origin(hint) is Literal:
        return " | ".join(map(repr, parts))
    if parts:
        return " | ".join(map(_in_words, parts))
    return "None" if hint is type(None) else getattr(hint, "__name__", str(hint))


def _shortened(value: Any) -> str:
    """Return the first characters of the representation of a value."""
    text = " ".join(reprlib.repr(value).split())
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."


def _is_a(value: Any, hint: Any) -> bool:
    """Return whether a value has the type of an annotation."""
    origin = typing.get_origin(hint)
    if origin is Literal:
        return value in typing.get_args(hint)
    if origin is tuple:
        parts = typing.get_args(hint)
        is_pair = isinstance(value, tuple) and len(value) == len(parts)
        return is_pair and all(map(_is_a, value, parts))
    if origin in (types.UnionType, typing.Union):
        return any(_is_a(value, option) for option in typing.get_args(hint))
    if hint in (int, float):
        numbers = (int, np.integer) if hint is int else (int, float, np.number)
        return isinstance(value, numbers) and not isinstance(value, bool)
    return isinstance(value, hint)


def check_numbers(config: Any) -> None:
    names = ("steps", "samples", "patience", "k", "steps_per_call", "devices")
    names += ("window", "stride", *_SCHEDULES)
    counts = {name: getattr(config, name) for name in names}
    check_at_least(1, **{n: count for n, count in counts.items() if count is not None})
    check_at_least(0, fold=config.fold)
    check_seed(config.seed)
    if config.split_seed is not None:
        check_seed(config.split_seed)
    if config.steps is not None and config.steps > MAX_STEPS:
        raise ValueError(f"Expected steps <= {MAX_STEPS}, got {config.steps}.")
    for name in _SCHEDULES:
        if counts[name] % (config.steps_per_call or 1):
            raise ValueError(
                f"Expected {name} to be a multiple of steps_per_call="
                f"{config.steps_per_call}, got {counts[name]}."
            )
    if config.epochs is not None and not 0 < config.epochs < math.inf:
        raise ValueError(f"Expected epochs > 0, got {config.epochs}.")
    if config.score_every is not None and not 0 <= config.score_every < math.inf:
        raise ValueError(
            "Expected score_every >= 0, in epochs (0 takes no scores), got "
            f"{config.score_every}."
        )
    if config.steps is not None and config.epochs is not None:
        raise ValueError(
            f"Expected steps or epochs, got both: steps={config.steps} and epochs="
            f"{config.epochs}. Leave one out."
        )
    if config.patience is not None and config.score_every == 0:
        raise ValueError("patience counts scores: expected score_every > 0, got 0.")


def check_recipe_options(config: Any) -> None:
    """Raise if an option is set that the recipe does not take."""
    spec = config.spec
    takes_settings = spec.takes("settings")
    settings = config.settings  # checks the values
    allowed = {*spec.options, *spec.data_options}
    if takes_settings:
        allowed.update(field.name for field in dataclasses.fields(settings))
    for field in dataclasses.fields(config):
        is_set = not _is_default(getattr(config, field.name), field.default)
        is_general = field.name in GENERAL or field.metadata.get("may_change")
        if is_set and not is_general and field.name not in allowed:
            raise ValueError(
                f"The recipe {config.recipe or 'for your own data'} does not take "
                f"{field.name}; leave it out."
            )
    if "pretrained" in allowed and config.pretrained is None:
        raise ValueError(
            f"{config.recipe} starts from a run of tfd_pretrain_2014: name its folder "
            "with pretrained."
        )


def _is_default(value: Any, default: Any) -> bool:
    """Return whether a value is the default of its field; data never are."""
    is_data = isinstance(value, np.ndarray | Frame)
    return value is default or (not is_data and value == default)
