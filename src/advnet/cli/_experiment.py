"""From options to data, networks and noise: everything a run is made of."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from advnet import data, games, recipes, reporting
from advnet.cli._data import own, published
from advnet.cli._folder import Folder
from advnet.cli._options import Fit, Train
from advnet.data import Dataset
from advnet.recipes import Recipe
from advnet.training import Checkpoints
from advnet.types import State

RECIPES: dict[str, Callable[..., Recipe]] = {
    "mnist": recipes.mnist,
    "mnist_2014": recipes.mnist_2014,
    "cifar10_fc": recipes.cifar10_fc,
    "cifar10_fc_2014": recipes.cifar10_fc_2014,
    "cifar10_conv": recipes.cifar10_conv,
    "cifar10_conv_2014": recipes.cifar10_conv_2014,
    "tfd": recipes.tfd,
    "tfd_pretrain_2014": recipes.tfd_pretrain_2014,
    "tfd_2014": recipes.tfd_2014,
}
_EPOCHS, _LEAST_STEPS = 60.0, 3_000
_SAMPLE_BLOCK = 1000
_DATA_SHARE_OF_MEMORY = 0.25


class Experiment(NamedTuple):
    """A recipe on its data, with the randomness of a seed.

    `seen` are all examples learned from, those of an earlier stage too.
    """

    name: str
    dataset: Dataset
    seen: np.ndarray
    recipe: Recipe
    batches: data.Minibatches
    num_steps: int
    num_samples: int
    init_key: jax.Array
    sample_key: jax.Array

    def start(self) -> State:
        """The state at step 0."""
        return jax.jit(self.recipe.algorithm.init)(self.init_key, self.batches(0))

    def abstract(self) -> State:
        """Its structure and shapes."""
        return jax.eval_shape(
            self.recipe.algorithm.init, self.init_key, self.batches(0)
        )

    def steps_in(self, epochs: float) -> int:
        """Training steps, at least one."""
        return max(1, round(epochs * self.batches.steps_per_epoch))

    def draw(
        self, state: State, num: int, *, key: jax.Array | None = None
    ) -> np.ndarray:
        """Samples [num, ...], of the averaged generator if it is kept."""
        key = self.sample_key if key is None else key
        blocks = math.ceil(num / _SAMPLE_BLOCK)
        drawn = [
            games.sample(
                self.recipe.game,
                state,
                jax.random.fold_in(key, block),
                min(num, _SAMPLE_BLOCK),
                average=is_averaged(state),
            )
            for block in range(blocks)
        ]
        return np.concatenate([np.asarray(block) for block in drawn])[:num]

    def shown(self, x: np.ndarray) -> np.ndarray:
        """Images as pixels in [0, 1], each by its own range if need be."""
        if not self.is_images() or self.is_pixels():
            return x
        sides = tuple(range(x.ndim - 3, x.ndim))
        least, most = (of(axis=sides, keepdims=True) for of in (x.min, x.max))
        return (x - least) / np.maximum(most - least, 1e-8)

    def is_images(self) -> bool:
        """Whether a picture can show the data: images of one or three channels."""
        return reporting.is_images(self.dataset.train.x)

    def is_pixels(self) -> bool:
        """Whether the data are images in [0, 1], as the paper's window expects."""
        x = self.dataset.train.x
        return x.ndim == 4 and x.min() >= 0 and x.max() <= 1

    def interpolate(
        self, state: State, rows: int, columns: int, *, key: jax.Array | None = None
    ) -> np.ndarray:
        """Samples [rows, columns, ...] along straight lines in z (Figure 3)."""
        key = self.sample_key if key is None else key
        ends = np.asarray(self.recipe.prior(key, 2 * rows))
        start, end = ends[:rows, None], ends[rows:, None]
        share = np.linspace(0, 1, columns, dtype=np.float32)
        share = share.reshape(1, columns, *[1] * (ends.ndim - 1))
        z = (1 - share) * start + share * end
        made = games.apply(
            self.recipe.game,
            state,
            "generator",
            z.reshape(-1, *ends.shape[1:]),
            average=is_averaged(state),
        )
        return np.asarray(made).reshape(rows, columns, *made.shape[1:])


def is_averaged(state: State) -> bool:
    """Whether averages of players are kept."""
    return any(player.average for player in state.players.values())


def experiment(options: Train | Fit) -> Experiment:
    """Reads the data and chooses the networks.

    Raises:
      OSError: If the data are not there.
      ValueError: If they are not what they should be.
    """
    init_key, data_key, sample_key = jax.random.split(jax.random.key(options.seed), 3)
    if isinstance(options, Train):
        name, dataset = options.recipe, published(options)
        recipe = _as_asked(options, dataset.train.x)
    else:
        name, dataset = options.data.stem or "data", own(options)
        recipe = recipes.for_data(dataset.train.x)
    seen, unlabeled = dataset.train.x, dataset.unlabeled
    if unlabeled is not None:
        seen = np.concatenate([seen, unlabeled.x])
    batches = data.minibatches(dataset.train.x, recipe.batch_size, key=data_key)
    if _has_room(dataset.train.x.nbytes):
        batches = data.on_device(batches)
    made = Experiment(
        name=name,
        dataset=dataset,
        seen=seen,
        recipe=recipe,
        batches=batches,
        num_steps=0,
        num_samples=min(options.samples, len(seen)),
        init_key=init_key,
        sample_key=sample_key,
    )
    return made._replace(num_steps=_length(made, options))


def _length(made: Experiment, options: Train | Fit) -> int:
    """Training steps, as asked or by default."""
    if options.steps is not None:
        return options.steps
    if options.epochs is not None:
        return made.steps_in(options.epochs)
    least = 1 if isinstance(options, Train) else _LEAST_STEPS
    return max(least, made.steps_in(_EPOCHS))


def _has_room(size: int) -> bool:
    """Whether so many bytes of data fit on the device, if that is not the host."""
    device = jax.devices()[0]
    if device.platform == "cpu":
        return False
    memory = device.memory_stats() or {}
    return size < _DATA_SHARE_OF_MEMORY * memory.get("bytes_limit", 0)


def finished(run: Path) -> tuple[Experiment, State]:
    """What a run folder was made of, and `newest_or_best`."""
    folder = Folder(run)
    made = experiment(folder.options())
    return made, newest_or_best(folder, made)


def newest_or_best(folder: Folder, made: Experiment) -> State:
    """The state a run ended with, or the one of its best score.

    Raises:
      FileNotFoundError: If the run has no checkpoint.
    """
    state = _newest(folder.best, made) or _newest(folder.checkpoints, made)
    if state is None:
        raise FileNotFoundError(
            f"{folder.path} holds no checkpoint. Let it run: advnet resume "
            f"{folder.path}"
        )
    return state


def best_or(state: State, folder: Folder, made: Experiment) -> State:
    """The state of a run's best score, if scores were taken."""
    return _newest(folder.best, made) or state


def _newest(place: Path, made: Experiment) -> State | None:
    if not place.exists():  # opening makes it
        return None
    with Checkpoints(place, keep=None) as checkpoints:
        return checkpoints.restore(made.abstract())


def _as_asked(options: Train, train: np.ndarray) -> Recipe:
    make, updates = RECIPES[options.recipe], (options.updates, options.k)
    if not options.recipe.endswith("_2014"):
        if updates != ("simultaneous", 1):
            raise ValueError(
                f"--updates and --k are for the recipes of 2014, not {options.recipe}."
            )
        return make(train)
    given = {"updates": options.updates, "k": options.k}
    if options.recipe != "tfd_2014":
        return make(train, **given)
    if options.pretrained is None:
        raise ValueError(
            "tfd_2014 goes on from a run of tfd_pretrain_2014: name its folder with "
            "--pretrained."
        )
    _, state = finished(options.pretrained)
    return make(train, state.players["generator"].variables, **given)
