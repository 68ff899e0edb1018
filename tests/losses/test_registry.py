import jax.numpy as jnp
import numpy as np
import pytest

from advnet import losses


def test_every_public_factory_is_registered():
    not_losses = {"F_DIVERGENCES", "FDivergence", "get", "names", "register"}
    not_losses |= {"zero_sum"}  # a function of another loss
    missing = set(losses.__all__) - not_losses - set(losses.names())
    assert not missing, f"add {missing} to losses/_registry.py"
    assert set(losses.names()) <= set(losses.__all__)


def test_hyperparameters_reach_the_factory():
    loss = losses.get("hinge", margin=2.0)
    assert loss.discriminator(jnp.ones(1), -jnp.ones(1)) == 2.0


def test_unknown_name_suggests_the_closest():
    with pytest.raises(ValueError, match="Did you mean 'wasserstein'"):
        losses.get("waserstein")


def test_register_refuses_a_name_in_use(monkeypatch):
    from advnet.losses import _registry

    monkeypatch.setattr(_registry, "_FACTORIES", dict(_registry._FACTORIES))
    losses.register("my_loss", losses.hinge)
    assert losses.get("my_loss").theory.equilibrium == 2.0
    with pytest.raises(ValueError, match="'my_loss' is in use"):
        losses.register("my_loss", losses.hinge)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: losses.minimax(smoothing=1.0), r"smoothing in \[0, 1\), got 1.0"),
        (lambda: losses.hinge(margin=0.0), "positive margin, got 0.0"),
        (lambda: losses.least_squares(real_label=0.0), "fake_label != real_label"),
        (lambda: losses.f_gan("kll"), "Did you mean 'kl'"),
    ],
)
def test_bad_hyperparameters(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_zero_sum_is_the_negative_critic_loss():
    loss = losses.zero_sum(losses.non_saturating(), weight=0.5)
    logits = jnp.array([1.0, -2.0]), jnp.array([0.5, 3.0])
    np.testing.assert_allclose(
        loss.generator(*logits), -0.5 * loss.discriminator(*logits)
    )
