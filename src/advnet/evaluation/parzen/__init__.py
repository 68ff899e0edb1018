r"""Log-likelihood under a Parzen window, the paper's metric of a generator.

The window places one isotropic Gaussian on every sample, with equal weights:

.. math:: \log p(x) = \log \frac1n \sum_j e^{-\lVert x - s_j \rVert^2 / 2\sigma^2}
          - d \log(\sigma \sqrt{2\pi})

Results are in nats; `sigma` has the unit of the data (pixels in [0, 1] in the paper). A
score depends on the number of samples and on the dimension. `table` therefore also
scores training examples used as samples. A score above theirs rewards blur.

Unlike the other metrics, these functions take `samples` first, because the samples
define the density; the examples to score follow.

References:
  Goodfellow et al. 2014, section 5. Theis et al. 2016, section 3.3, for the limits.
"""

from advnet.evaluation.parzen._bandwidth import (
    Bandwidth,
    refine_bandwidth,
    select_bandwidth,
)
from advnet.evaluation.parzen._density import log_density
from advnet.evaluation.parzen._likelihood import across_folds, log_likelihood
from advnet.evaluation.parzen._streaming import log_density_of_stream
from advnet.evaluation.parzen._table import Score, Table, score, table

__all__ = [
    "Bandwidth",
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
