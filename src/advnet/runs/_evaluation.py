"""The evaluation of a run: samples, metrics beside true data, and a diagnosis."""

from collections.abc import Sequence

import numpy as np

from advnet import reporting
from advnet._files import write_array, write_json
from advnet._validation import require_known
from advnet.data import write_table
from advnet.evaluation import (
    METRICS,
    Evaluation,
    Features,
    diagnosis,
    evaluate_samples,
    features,
    parzen,
)
from advnet.runs._classes import MAX_CLASSES, evaluate_classes
from advnet.runs._experiment import Experiment
from advnet.runs._folder import RunFolder
from advnet.runs._rows import evaluate_rows
from advnet.types import State

_NUM_STORED = 5_000  # samples in samples.npy
_NUM_SHOWN, _NUM_COLUMNS = 100, 10  # samples in samples.png, and in one row of it
_MIN_LABELED = 1_000  # examples, of which one half fits a classifier
_MAX_PARZEN_VALUES = 1 << 16  # of an example
_NUM_VALID = 1_000  # validation examples that choose sigma, as in the paper


def evaluate_state(
    experiment: Experiment,
    state: State,
    folder: RunFolder,
    *,
    metrics: Sequence[str] = (),
) -> Evaluation:
    """Draw samples of a state and evaluate them.

    The evaluation with all metrics is written, with its samples; a selection is not.

    Raises:
      FloatingPointError: If the samples are not finite.
      ValueError: If a metric is unknown.
    """
    if isinstance(metrics, str):
        raise TypeError(
            f"Expected a sequence of names, got the string {metrics!r}. Write "
            f"({metrics!r},)."
        )
    for name in metrics:  # before samples are drawn
        require_known(METRICS, name, "metric")
    samples = experiment.sample(state, experiment.num_samples)
    if not np.isfinite(samples).all():
        raise FloatingPointError("The samples are not finite; nothing was evaluated.")
    evaluation = _evaluate(experiment, samples, folder, int(state.step), metrics)
    if metrics:
        return evaluation
    write_array(folder.samples, samples[:_NUM_STORED])
    if (table := experiment.dataset.table) is not None:
        write_table(table.decode(samples[:_NUM_STORED]), folder.rows)
    if experiment.is_images():
        reporting.save_image(folder.picture, draw_samples(experiment, state, samples))
    write_json(folder.evaluation, evaluation.to_json())
    return evaluation


def draw_samples(
    experiment: Experiment, state: State, samples: np.ndarray
) -> np.ndarray:
    """Return a picture of samples; those of a run with labels in a row per class."""
    names = experiment.dataset.class_names
    if not experiment.conditional or names is None:
        images = experiment.as_pixels(samples[:_NUM_SHOWN])
        return reporting.image_grid(images, columns=_NUM_COLUMNS)
    rows = experiment.sample_by_class(state, _NUM_COLUMNS, max_classes=MAX_CLASSES)
    return reporting.labeled_grid(experiment.as_pixels(rows), names[: len(rows)])


def _evaluate(
    experiment: Experiment,
    samples: np.ndarray,
    folder: RunFolder,
    step: int,
    metrics: Sequence[str],
) -> Evaluation:
    train, test = map(
        experiment.floats, (experiment.trained_on, experiment.dataset.test.x)
    )
    if experiment.dataset.table is not None and not metrics:
        results, true_data = evaluate_rows(experiment, samples)
        return Evaluation(
            step=step,
            results=results,
            true_data=true_data,
            diagnosis=_diagnose(experiment, samples, folder, None),
        )
    spaces, true = _suitable_features(experiment)
    # As many samples as true data, so that the two columns can be compared.
    results = evaluate_samples(
        test,
        samples[: len(true)],
        train=train,
        metrics=tuple(metrics),
        features=spaces,
    )
    # Training examples in place of samples need no comparison with themselves.
    for_true_data = [name for name in metrics if "train" not in METRICS[name].needs]
    true_data = ()
    if for_true_data or not metrics:  # no names stand for all metrics
        true_data = evaluate_samples(
            test,
            true[: len(samples)],
            metrics=tuple(for_true_data),
            features=spaces,
        )
    if not metrics:
        of_classes = evaluate_classes(experiment, samples[: len(true)], true, spaces)
        results, true_data = results + of_classes[0], true_data + of_classes[1]
    return Evaluation(
        step=step,
        results=results,
        true_data=true_data,
        parzen=_parzen_table(experiment, samples) if experiment.is_pixels() else None,
        diagnosis=_diagnose(experiment, samples, folder, spaces[0]),
    )


def _suitable_features(
    experiment: Experiment,
) -> tuple[tuple[Features, ...], np.ndarray]:
    """Return features that suit the data, and training examples to compare on them.

    With labels, a classifier is fitted to one half of the labeled examples, and the
    others are returned: it separates the examples that it was fitted to too well.
    """
    x, y = experiment.floats(experiment.trained_on), experiment.dataset.train.y
    order = np.random.default_rng(0).permutation(len(x))
    num_labeled = 0 if y is None else min(len(x), len(y))
    if y is None or x.ndim != 4 or num_labeled < _MIN_LABELED:
        return features.suitable(x), x[order]
    fitted = order[order < num_labeled][: num_labeled // 2]
    compared = order[np.isin(order, fitted, invert=True)]
    return features.suitable(x[fitted], y[fitted]), x[compared]


def _parzen_table(experiment: Experiment, samples: np.ndarray) -> parzen.Table:
    """Apply the protocol of the paper: sigma by validation, then the test split."""
    dataset = experiment.dataset
    examples = experiment.trained_on, dataset.valid.x[:_NUM_VALID], dataset.test.x
    if (num := samples[0].size) > _MAX_PARZEN_VALUES:
        return parzen.Table(
            {},
            (
                f"Left out for examples of {num:,} values: at most "
                f"{_MAX_PARZEN_VALUES:,} have enough samples in memory.",
            ),
        )
    try:
        return parzen.table(samples, *map(experiment.floats, examples))
    except ValueError as error:  # the other results are kept
        return parzen.Table({}, (f"The Parzen window failed: {error}",))


def _diagnose(
    experiment: Experiment,
    samples: np.ndarray,
    folder: RunFolder,
    space: Features | None,
) -> diagnosis.Diagnosis:
    """Apply all rules to the samples that `Experiment.sample` draws by default."""
    metrics = folder.read_metrics()
    generator = experiment.recipe.game.players["generator"]
    data = experiment.floats(experiment.trained_on)
    labels, conditions = experiment.dataset.train.y, None
    if experiment.conditional:
        conditions = experiment.draw_classes(len(samples), experiment.sample_key)
    try:
        return diagnosis.diagnose(
            metrics,
            # Without a row of metrics it is too early to tell.
            samples=samples if metrics else None,
            data=data,
            held_out=experiment.floats(experiment.dataset.test.x),
            features=space,
            # Data with unlabeled examples have fewer labels than examples.
            labels=_name_classes(experiment, labels, len(data)),
            conditions=_name_classes(experiment, conditions, len(samples)),
            scores=folder.read_scores(),
            output_range=generator.output_range,
        )
    except ValueError as error:  # the other results are kept
        return diagnosis.Diagnosis((), (), {"all rules": str(error).rstrip(".")})


def _name_classes(
    experiment: Experiment, classes: np.ndarray | None, num: int
) -> np.ndarray | None:
    """Return the names of `num` classes, or the classes where they have no names."""
    if classes is None or len(classes) != num:
        return None
    names = experiment.dataset.class_names
    return classes if names is None else np.asarray(names)[classes]
