"""Games: players and objectives, built from networks, a prior and a loss.

Each builder fixes which two things the critic tells apart.
"""

from advnet.games._accumulate_gradients import accumulate_gradients
from advnet.games._adversarial import adversarial
from advnet.games._balance import Balance
from advnet.games._bidirectional import bidirectional
from advnet.games._classification import classification
from advnet.games._combine import combine
from advnet.games._conditional import conditional
from advnet.games._custom import custom
from advnet.games._cycle import cycle
from advnet.games._gan import gan
from advnet.games._inference import add_player, encode, noise_prediction, with_inversion
from advnet.games._inpainting import impute, inpainting
from advnet.games._latent_optimized import latent_optimized, resample
from advnet.games._memories import pool, running_mean, show_past_samples
from advnet.games._noise_contrastive import noise_contrastive
from advnet.games._play import Play
from advnet.games._predictability import predictability_minimization
from advnet.games._sample import apply, sample
from advnet.games._sampler import sampler
from advnet.games._semi_supervised import classify, semi_supervised

__all__ = [
    "Balance",
    "Play",
    "accumulate_gradients",
    "add_player",
    "adversarial",
    "apply",
    "bidirectional",
    "classification",
    "classify",
    "combine",
    "conditional",
    "custom",
    "cycle",
    "encode",
    "gan",
    "impute",
    "inpainting",
    "latent_optimized",
    "noise_contrastive",
    "noise_prediction",
    "pool",
    "predictability_minimization",
    "resample",
    "running_mean",
    "sample",
    "sampler",
    "semi_supervised",
    "show_past_samples",
    "with_inversion",
]
