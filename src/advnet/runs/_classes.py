"""Metrics of the classes of a run whose data have labels."""

from collections.abc import Sequence

import numpy as np

from advnet.evaluation import Features, MetricResult, classes
from advnet.evaluation.features import find_classifier
from advnet.runs._experiment import Experiment

MAX_CLASSES = 50
"""Largest number of classes with a metric and a row of samples each."""

Results = tuple[MetricResult, ...]


def evaluate_classes(
    experiment: Experiment,
    samples: np.ndarray,
    true: np.ndarray,
    features: Sequence[Features],
) -> tuple[Results, Results]:
    """Return metrics of classes of the samples, and of real data in their place.

    In a conditional run the metric is how often a classifier recognizes the class of a
    sample. In another run on labeled data it is the share of each class.

    Args:
      experiment: The run.
      samples: The first samples that `Experiment.sample` draws by default [m, ...].
      true: Real examples to take the place of samples [n, ...].
      features: Features of the evaluation; without a classifier there are no results.
    """
    classifier, test = find_classifier(features), experiment.dataset.test
    names = experiment.dataset.class_names
    if names is None and (labels := experiment.dataset.train.y) is not None:
        names = tuple(map(str, range(int(labels.max()) + 1)))
    if classifier is None or test.y is None or names is None:
        return (), ()
    if len(names) > MAX_CLASSES:
        return (), ()
    x = experiment.floats(test.x)
    predict = classifier.predict
    if not experiment.conditional:
        results = [classes.shares(predict, x, y, names=names) for y in (samples, true)]
        return results[0], results[1]
    conditions = experiment.draw_classes(experiment.num_samples, experiment.sample_key)
    return (
        classes.agreement(predict, samples, conditions[: len(samples)], names=names),
        classes.agreement(predict, x, test.y[: len(x)], names=names),
    )
