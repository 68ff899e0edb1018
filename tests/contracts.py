"""Tables of losses, terms, games and dynamics that the contract tests run over.

A new loss, term, game or dynamics needs one row here. If the row is missing,
`test_contracts.py` fails with the name of the table.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

import advnet
from advnet import augment, dynamics, games, losses, priors, terms
from advnet.types import Comparison

BATCH_SIZE = 16
BATCH = jax.random.normal(jax.random.key(7), (BATCH_SIZE, 2)) * 0.3 + 1.0
OPTIMIZER = optax.sgd(1e-2, momentum=0.5)  # optax.adam itself promotes dtypes


class LinenCritic(nn.Module):
    """Critic with batch statistics, dropout and features."""

    @nn.compact
    def __call__(self, x, *, train: bool):
        x = nn.Dense(8)(x)
        x = nn.BatchNorm(use_running_average=not train)(x)
        x = advnet.modules.Dropout(0.5)(nn.tanh(x), train=train)
        return nn.Dense(1)(x), x


class NNXCritic(nnx.Module):
    """The same critic in NNX."""

    def __init__(self, *, rngs):
        self.first = nnx.Linear(2, 8, rngs=rngs)
        self.norm = nnx.BatchNorm(8, rngs=rngs)
        self.dropout = nnx.Dropout(0.5, rngs=rngs)
        self.last = nnx.Linear(8, 1, rngs=rngs)

    def __call__(self, x):
        x = self.dropout(nnx.tanh(self.norm(self.first(x))))
        return self.last(x), x


def plain_init(key, x):
    return {"w": jax.random.normal(key, (x.shape[1], 2)), "b": jnp.zeros((1, 2))}


def plain_apply(params, x):
    return x @ params["w"] + params["b"]


GENERATORS = {
    "linen": nn.Dense(2),
    "nnx": lambda rngs: nnx.Linear(3, 2, rngs=rngs),
    "plain": (plain_init, plain_apply),
}
CRITICS = {
    "linen": LinenCritic(),
    "nnx": NNXCritic,
    "plain": (
        lambda key, x: {"first": plain_init(key, x)},
        lambda params, x: jnp.tanh(plain_apply(params["first"], x)).sum(axis=1),
    ),
}
# Losses have their rows in the registry, src/advnet/losses/_registry.py.
LOSSES = {name: losses.get(name) for name in losses.names() if name != "f_gan"}
LOSSES |= {f"f_gan_{name}": losses.f_gan(name) for name in losses.F_DIVERGENCES}
LOSSES["smoothed"] = losses.non_saturating(smoothing=0.1)
TERMS = {
    "gradient_penalty": terms.gradient_penalty(),
    "r1": terms.r1(),
    "r2": terms.r2(),
    "dragan": terms.dragan(),
    "feature_matching": terms.feature_matching(),
    "supervised": terms.supervised(
        lambda x: (x,),
        lambda x: jnp.zeros(len(x)),
        cost=lambda output, target: (output[0][:, 0] - target) ** 2,
    ),
    "every": terms.every(terms.r1(), 2),
    "starting_at": terms.starting_at(terms.r1(), 1),
    "paired": terms.paired(lambda batch: batch),
}
DYNAMICS = {
    "scheduled_k": lambda game: dynamics.alternating(
        game, OPTIMIZER, k=4, k_at=lambda step: jnp.where(step < 1, 3, 1)
    ),
    "extragradient": lambda game: dynamics.extragradient(game, OPTIMIZER),
    "optimistic": lambda game: dynamics.optimistic(game, OPTIMIZER),
    "consensus": lambda game: dynamics.consensus(game, OPTIMIZER, weight=0.1),
    "unrolled": lambda game: dynamics.unrolled(game, OPTIMIZER, k=2),
    "alternating": lambda game: dynamics.alternating(game, OPTIMIZER),
    "alternating_k2": lambda game: dynamics.alternating(game, OPTIMIZER, k=2),
    "simultaneous": lambda game: dynamics.simultaneous(game, OPTIMIZER),
    "averaged": lambda game: dynamics.averaged(dynamics.alternating(game, OPTIMIZER)),
    "scheduled": lambda game: dynamics.scheduled(
        lambda step: dynamics.averaged(
            dynamics.alternating(game, OPTIMIZER),
            decay=jnp.where(step < 1, 0.5, 0.9),
        )
    ),
    "recorded": lambda game: dynamics.recorded(
        dynamics.alternating(game, OPTIMIZER),
        lambda state: {"step": state.step.astype(jnp.float32)},
    ),
    "adaptive": lambda game: dynamics.adaptive(dynamics.alternating(game, OPTIMIZER)),
    "scheduled_augmentation": lambda game: dynamics.scheduled_augmentation(
        dynamics.alternating(game, OPTIMIZER), lambda step: (step + 1) / 10
    ),
}


def gan(*, loss="non_saturating", terms=(), generator="plain", critic="plain"):
    """Build a tiny GAN on the points of `BATCH`; plain networks compile fastest."""
    return games.gan(
        GENERATORS[generator],
        CRITICS[critic],
        priors.normal(3),
        loss=LOSSES[loss],
        terms=terms,
    )


class Pair(nn.Module):
    """Critic or generator with several inputs, and optionally features."""

    outputs: int
    features: bool = False

    @nn.compact
    def __call__(self, *inputs):
        vectors = [jnp.float32(x).reshape(len(x), -1) for x in inputs]
        hidden = nn.tanh(nn.Dense(4)(jnp.concatenate(vectors, axis=1)))
        output = nn.Dense(self.outputs)(hidden)
        return (output, hidden) if self.features else output


LABELS = jnp.arange(BATCH_SIZE) % 3
PRIOR = priors.normal(3)
INFORMATION = terms.mutual_information(
    lambda z: z[:, :4], cost=lambda output, code: ((output - code) ** 2).sum(axis=1)
)


def compare(play, x, key):
    """Compare examples with samples, as `games.gan` does."""
    return Comparison((x,), (play("generator", PRIOR(key, len(x))),))


def adversarial(loss, critic=None, *, name="discriminator", **options):
    """Build a tiny game by `games.adversarial`."""
    players = {"generator": GENERATORS["plain"], name: critic or CRITICS["plain"]}
    players |= options.pop("others", {})
    return games.adversarial(
        players, compare, loss=LOSSES[loss], critic=name, **options
    )


def map_critic(*shapes):
    """Return a plain critic with one map of logits for each shape."""

    def apply(params, x):
        logits = jnp.tanh(plain_apply(params, x)).sum(axis=1)
        scale = lambda shape: 1 + jnp.arange(np.prod(shape)).reshape(1, *shape)
        maps = [
            logits.reshape(-1, *[1] * len(shape)) * scale(shape).astype(x.dtype)
            for shape in shapes
        ]
        return maps if len(maps) > 1 else maps[0]

    return plain_init, apply


def custom_game(loss):
    """Build a least-squares game with objectives of its own."""

    def logits(play, x, key):
        fake = play("generator", PRIOR(key, len(x)))
        return play("discriminator", x), play("discriminator", fake)

    return games.custom(
        {"generator": GENERATORS["plain"], "discriminator": CRITICS["plain"]},
        {
            "discriminator": lambda play, x, key: (
                LOSSES[loss].discriminator(*logits(play, x, key)).mean()
            ),
            "generator": lambda play, x, key: (
                LOSSES[loss].generator(*logits(play, x, key)).mean(),
                {"samples": PRIOR(key, 1).sum()},
            ),
        },
        [["discriminator"], ["generator"]],
    )


def normal_log_density(x):
    return jax.scipy.stats.norm.logpdf(x).sum(axis=1)


# A row is a function from the name of a loss to a game, and the batch of the game.
GAMES = {
    "gan": (lambda loss: gan(loss=loss), BATCH),
    "conditional": (
        lambda loss: games.conditional(Pair(2), Pair(1), PRIOR, loss=LOSSES[loss]),
        (BATCH, LABELS),
    ),
    "auxiliary": (
        lambda loss: games.conditional(
            Pair(2),
            Pair(1, features=True),
            PRIOR,
            loss=LOSSES[loss],
            terms=terms.auxiliary_classifier(),
            show_critic=False,
        ),
        (BATCH, LABELS),
    ),
    "information": (
        lambda loss: games.gan(
            Pair(2),
            Pair(1, features=True),
            priors.normal(6),
            loss=LOSSES[loss],
            terms=INFORMATION,
        ),
        BATCH,
    ),
    "bidirectional": (
        lambda loss: games.bidirectional(
            Pair(2),
            Pair(3),
            Pair(1),
            PRIOR,
            loss=LOSSES[loss],
            terms=terms.reconstruction(0.1),
        ),
        BATCH,
    ),
    "inpainting": (
        lambda loss: games.inpainting(
            Pair(2), Pair(1), PRIOR, priors.bernoulli_mask(2), loss=LOSSES[loss]
        ),
        BATCH,
    ),
    "semi_supervised": (
        lambda loss: games.semi_supervised(
            Pair(2), Pair(3, features=True), PRIOR, loss=LOSSES[loss]
        ),
        ((BATCH[:8], LABELS[:8]), BATCH),
    ),
    "latent_optimized": (
        lambda loss: games.latent_optimized(Pair(2), Pair(1), PRIOR, loss=LOSSES[loss]),
        BATCH,
    ),
    "cycle": (
        lambda loss: games.cycle(Pair(2), Pair(2), Pair(1), Pair(1), loss=LOSSES[loss]),
        (BATCH, BATCH[::-1] + 1),
    ),
    "noise_contrastive": (
        lambda loss: games.noise_contrastive(
            (plain_init, lambda params, x: plain_apply(params, x).sum(axis=1)),
            priors.normal(2),
            normal_log_density,
            loss=LOSSES[loss],
        ),
        BATCH,
    ),
    "predictability": (
        lambda loss: games.predictability_minimization(
            nn.Sequential([nn.Dense(3), nn.sigmoid]), Pair(1)
        ),
        BATCH,
    ),
    "classification": (
        lambda loss: games.classification(Pair(3)),
        (BATCH, LABELS),
    ),
    "patches": (lambda loss: adversarial(loss, map_critic((2, 3))), BATCH),
    "two_scales": (lambda loss: adversarial(loss, map_critic((4, 1), (2, 1))), BATCH),
    "combine": (
        lambda loss: games.combine(
            [(adversarial(loss), 1.0), (adversarial(loss, name="second"), 0.5)]
        ),
        BATCH,
    ),
    "custom": (custom_game, BATCH),
    "history": (lambda loss: adversarial(loss, history=8), BATCH),
    "lecam": (
        lambda loss: adversarial(
            loss,
            map_critic((2, 3), (4, 1)),
            terms=[terms.lecam(0.3)],
            memories={"lecam": games.running_mean(decay=0.9)},
        ),
        BATCH,
    ),
    "frozen": (
        lambda loss: adversarial(
            loss,
            others={"features": nn.Dense(3)},
            frozen=["features"],
            terms=[terms.paired(lambda batch: batch, features="features")],
        ),
        BATCH,
    ),
    "balance": (
        lambda loss: adversarial(
            loss,
            weight=games.Balance("paired"),
            terms=[terms.paired(lambda batch: batch)],
        ),
        BATCH,
    ),
    "augmented": (
        lambda loss: adversarial(
            loss, augment.augmented(CRITICS["plain"], augment.noise(0.5))
        ),
        BATCH,
    ),
}

CASES = {
    f"gan-{loss}": (lambda loss=loss: gan(loss=loss), "alternating") for loss in LOSSES
}
CASES |= {
    name: (lambda make=make: make("non_saturating"), "alternating_k2")
    for name, (make, _) in GAMES.items()
    if name != "gan"
}
CASES |= {
    name: (lambda term=term: gan(terms=[term], critic="linen"), "alternating")
    for name, term in TERMS.items()
}
CASES |= {
    f"{g}-{c}": (lambda g=g, c=c: gan(generator=g, critic=c), "alternating_k2")
    for g, c in [
        ("linen", "linen"),
        ("nnx", "nnx"),
        ("nnx", "linen"),
        ("linen", "plain"),
    ]
}
CASES |= {name: (gan, name) for name in DYNAMICS}
CASES["adaptive"] = (lambda: GAMES["augmented"][0]("hinge"), "adaptive")
CASES["scheduled_augmentation"] = (
    lambda: GAMES["augmented"][0]("relativistic"),
    "scheduled_augmentation",
)
# Rows whose tests are slow, because another row runs the same code by default or in CI.
# A new row need not be here.
SLOW = {f"gan-{loss}" for loss in LOSSES} | {"r1", "r2", "dragan", "supervised"}
SLOW |= {"auxiliary", "classification", "information", "inpainting", "linen-plain"}
SLOW |= {"noise_contrastive", "predictability", "alternating_k2", "nnx-linen"}
SLOW |= {"bidirectional", "latent_optimized", "feature_matching", "scheduled_k"}
SLOW |= {"optimistic", "consensus", "simultaneous", "patches", "custom", "frozen"}
SLOW |= {"lecam", "every", "starting_at", "paired", "augmented", "recorded", "balance"}
SLOW |= {"scheduled_augmentation"}
SLOW |= set(LOSSES) - {"non_saturating", "wasserstein", "relativistic"}


def batch_of(case: str):
    """Return the batch of a row."""
    return GAMES[case][1] if case in GAMES else BATCH


def algorithm(case: str):
    """Build the game and the algorithm of a row."""
    make_game, name = CASES[case]
    game = make_game()
    return game, DYNAMICS[name](game)
