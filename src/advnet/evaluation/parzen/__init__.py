r"""Parzen-window density estimation, the paper's measure of a generator.

One isotropic Gaussian on every sample, equal weights:

.. math:: \log p(x) = \log \frac1n \sum_j e^{-\lVert x - s_j \rVert^2 / 2\sigma^2}
          - d \log(\sigma \sqrt{2\pi})

in nats, for data in any unit (the paper's are pixels in [0, 1]). What a score means
depends on the number of samples and the dimension, so `table` shows beside it the score
of as many training examples used as samples; above that row it rewards blur.

References:
  Goodfellow et al. 2014, section 5; Theis et al. 2016 for what it does not mean.
"""

from advnet.evaluation.parzen._bandwidth import (
    Bandwidth,
    refine_bandwidth,
    select_bandwidth,
)
from advnet.evaluation.parzen._density import log_density
from advnet.evaluation.parzen._likelihood import (
    LogLikelihood,
    across_folds,
    log_likelihood,
)
from advnet.evaluation.parzen._streaming import log_density_of_stream
from advnet.evaluation.parzen._table import Score, Table, score, table

__all__ = [
    "Bandwidth",
    "LogLikelihood",
    "Score",
    "Table",
    "across_folds",
    "log_density",
    "log_density_of_stream",
    "log_likelihood",
    "refine_bandwidth",
    "score",
    "select_bandwidth",
    "table",
]
