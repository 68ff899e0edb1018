"""The protocol of the paper, and its score beside references."""

import numpy as np

from advnet import parzen

RNG = np.random.default_rng(0)


def test_score_selects_sigma_and_scores_the_test_examples():
    samples, valid, test = RNG.normal(size=(3, 200, 2)).astype(np.float32)
    score = parzen.score(samples, valid, test)
    sigma = score.bandwidth.sigma
    assert sigma == parzen.select_bandwidth(samples, valid).sigma
    assert score.log_likelihood == parzen.log_likelihood(samples, test, sigma)


def test_table_has_three_rows():
    train = RNG.normal(size=(1000, 2)).astype(np.float32)
    samples, valid, test = RNG.normal(size=(3, 300, 2)).astype(np.float32)
    table = parzen.table(samples, train, valid, test)
    assert list(table.rows) == ["samples", "true data", "k-means"]
    scores = [score.log_likelihood.value for score in table.rows.values()]
    np.testing.assert_allclose(scores, -2.85, atol=0.15)


def test_notes_on_blur_and_on_too_few_samples():
    """In 200 dimensions the middle of the data scores above the data."""
    train, valid, test = RNG.uniform(size=(3, 100, 200)).astype(np.float32)
    middle = 0.5 + 0.3 * (RNG.uniform(size=(100, 200)).astype(np.float32) - 0.5)
    table = parzen.table(middle, train, valid, test, [0.05, 0.1, 0.2, 0.3, 0.5])
    assert "k-means" not in table.rows  # as many centers as examples
    assert any("rewards blur" in note for note in table.notes)
    copies = parzen.table(train, train, valid, test, [0.1, 0.3, 2.0])
    assert any("too few in 200 dimensions" in note for note in copies.notes)
    assert "too few" in str(copies)


def test_note_on_a_sigma_at_an_edge_replaces_the_warning():
    x = RNG.normal(size=(4, 100, 2)).astype(np.float32)
    table = parzen.table(*x, [0.02, 0.05])  # pytest turns a warning into an error
    assert "Sigma of samples lies at an edge" in str(table)
