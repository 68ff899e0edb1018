"""Text of a result."""

import math

from advnet.evaluation import MetricResult


def test_a_result_is_one_line():
    assert str(MetricResult("m", 1.23456)) == "m of raw values: 1.235 ± nan"
    result = MetricResult("m", 0.5, 0.0123, 2000, 1000, "pixels", p_value=0.00123)
    assert str(result) == "m of pixels: 0.5 ± 0.012 (n = 2,000, 1,000), p = 0.00123"


def test_missing_counts_and_features_are_left_out():
    assert (
        str(MetricResult("m", 1.0, 0.1, num_real=7))
        == "m of raw values: 1 ± 0.1 (n = 7)"
    )
    assert (
        str(MetricResult("m", 1.0, 0.1, num_fake=8, features=""))
        == "m: 1 ± 0.1 (n = 8)"
    )


def test_a_failure_replaces_the_value():
    result = MetricResult("m", math.nan, failure="Expected n >= 20, got 3.")
    assert str(result) == "m of raw values: failed (Expected n >= 20, got 3.)"
