"""Text, numbers and reliability of AIS results."""

import numpy as np

from advnet.evaluation import ais

ESTIMATE = ais.Estimate(
    log_likelihoods=np.array([1.0, 3.0]),
    effective_chains=np.array([4.0, 5.0]),
    acceptance=np.array([0.6, 0.7]),
    num_chains=16,
    num_steps=1000,
)


def test_an_estimate_prints_its_diagnostics():
    assert str(ESTIMATE) == (
        "2.0 ± 1.0 nats (n = 2; 4.5 effective of 16 chains of 1,000 steps, "
        "65% accepted)"
    )


def test_an_estimate_is_a_metric_result():
    result = ESTIMATE.log_likelihood
    assert (result.value, result.standard_error, result.num_real) == (2.0, 1.0, 2)
    assert str(result) == "AIS log-likelihood of raw values: 2 ± 1 (n = 2)"


def test_few_effective_chains_or_refused_moves_are_not_reliable():
    assert ESTIMATE.reliable
    assert not ESTIMATE._replace(effective_chains=np.array([1.0, 1.5])).reliable
    assert not ESTIMATE._replace(acceptance=np.array([0.1, 0.2])).reliable


def test_bounds_print_their_gap():
    upper = ESTIMATE._replace(log_likelihoods=np.array([2.0, 5.0]))
    bounds = ais.Bounds(ESTIMATE, upper, np.zeros((2, 1)))
    assert (bounds.gap.value, bounds.gap.standard_error) == (1.5, 0.5)
    assert str(bounds).startswith("gap 1.50 ± 0.50 nats\n  lower 2.0")
