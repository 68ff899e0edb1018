"""The training steps of `benchmarks/step.py`, written without a library."""

import jax
import jax.numpy as jnp
import optax
from jax.nn import leaky_relu, relu, sigmoid, softplus

from advnet.modules._convolution import conv, conv_transpose

ROOT_3 = 3**0.5


def alternating(generate, discriminate, optimizer, start, *, k, batch_size):
    """Build Algorithm 1 for two functions of (params, statistics): (step, state)."""

    def critic_loss(params, statistics, generator, x, key):
        z_key, fake_key, real_mask, fake_mask = jax.random.split(key, 4)
        z = jax.random.uniform(z_key, (len(x), 100), minval=-ROOT_3, maxval=ROOT_3)
        fake, _ = generate(generator[0], generator[1], z, fake_key)
        real_logits, statistics = discriminate(params, statistics, x, real_mask)
        fake_logits, statistics = discriminate(params, statistics, fake, fake_mask)
        loss = (softplus(-real_logits) + softplus(fake_logits)).mean()
        metrics = {
            "discriminator/loss": loss,
            "discriminator/real": sigmoid(real_logits).mean(),
            "discriminator/fake": sigmoid(fake_logits).mean(),
            "discriminator/real_logit": real_logits.mean(),
            "discriminator/fake_logit": fake_logits.mean(),
        }
        return loss, (statistics, metrics)

    def generator_loss(params, statistics, critic, key):
        z_key, key, mask = jax.random.split(key, 3)
        z = jax.random.uniform(z_key, (batch_size, 100), minval=-ROOT_3, maxval=ROOT_3)
        fake, statistics = generate(params, statistics, z, key)
        logits, _ = discriminate(critic[0], critic[1], fake, mask)
        loss = softplus(-logits).mean()
        return loss, (statistics, {"generator/loss": loss})

    def update(loss, player, *inputs):
        params, statistics, opt_state = player
        gradient, (statistics, metrics) = jax.grad(loss, has_aux=True)(
            params, statistics, *inputs
        )
        updates, opt_state = optimizer.update(gradient, opt_state, params)
        metrics["gradient_norm"] = optax.tree.norm(gradient)
        return (optax.apply_updates(params, updates), statistics, opt_state), metrics

    def step(state, batch):
        index, key, generator, critic = state
        keys = jax.random.split(jax.random.fold_in(key, index), k + 1)
        minibatches = batch.reshape(batch_size, k, *batch.shape[1:]).swapaxes(0, 1)

        def critic_step(critic, inputs):
            x, key = inputs
            return update(critic_loss, critic, generator, x, key)

        critic, rows = jax.lax.scan(critic_step, critic, (minibatches, keys[:k]))
        generator, metrics = update(generator_loss, generator, critic, keys[k])
        metrics = (jax.tree.map(jnp.mean, rows), metrics)
        return (index + 1, key, generator, critic), metrics

    players = [
        (params, statistics, optimizer.init(params)) for params, statistics in start
    ]
    return step, (jnp.zeros((), jnp.int32), jax.random.key(1), *players)


def mlp_step(key, *, k, batch_size):
    """Build the step of the paper's MNIST networks."""
    keys = iter(jax.random.split(key, 8))

    def layer(inputs, outputs, half_width):
        weights = jax.random.uniform(
            next(keys), (inputs, outputs), minval=-half_width, maxval=half_width
        )
        return {"w": weights, "b": jnp.zeros(outputs)}

    def dense(params, x):
        return x @ params["w"] + params["b"]

    def dropout(key, x, keep):
        bits = 8 if (keep * 256).is_integer() else 16
        words = jax.random.bits(key, (x.shape[0], -(-x.shape[1] * bits // 32)))
        narrow = {8: jnp.uint8, 16: jnp.uint16}[bits]
        draws = jax.lax.bitcast_convert_type(words, narrow).reshape(x.shape[0], -1)
        threshold = round(keep * 2**bits)
        mask = draws[:, : x.shape[1]] < threshold
        return jnp.where(mask, x * (2**bits / threshold), 0.0)

    def maxout(params, x):
        a, b, c, d, e = jnp.split(dense(params, x), 5, axis=1)
        return jnp.maximum(jnp.maximum(jnp.maximum(jnp.maximum(a, b), c), d), e)

    def generate(params, statistics, z, key):
        x = relu(dense(params[0], z))
        x = relu(dense(params[1], x))
        return sigmoid(dense(params[2], x)), statistics

    def discriminate(params, statistics, x, key):
        keys = jax.random.split(key, 3)
        x = maxout(params[0], dropout(keys[0], x, 0.8))
        x = maxout(params[1], dropout(keys[1], x, 0.5))
        return dense(params[2], dropout(keys[2], x, 0.5))[:, 0], statistics

    generator = [layer(100, 1200, 0.05), layer(1200, 1200, 0.05)]
    generator.append(layer(1200, 784, 0.05))
    critic = [layer(784, 1200, 0.005), layer(240, 1200, 0.005), layer(240, 1, 0.005)]
    start = (generator, ()), (critic, ())
    optimizer = optax.sgd(0.1, momentum=0.5)
    return alternating(
        generate, discriminate, optimizer, start, k=k, batch_size=batch_size
    )


def dcgan_step(key, *, k, batch_size):
    """Build the step of the DCGAN networks for 28 x 28 images."""
    keys = iter(jax.random.split(key, 8))

    def weights(*shape):
        return 0.02 * jax.random.normal(next(keys), shape)

    def norm(params, statistics, x):
        axes = tuple(range(x.ndim - 1))
        mean, square = x.mean(axes), (x**2).mean(axes)
        variance = jnp.maximum(square - mean**2, 0.0)
        scale = params["scale"] * jax.lax.rsqrt(variance + 1e-5)
        averages = {
            "mean": 0.9 * statistics["mean"] + 0.1 * mean,
            "var": 0.9 * statistics["var"] + 0.1 * variance,
        }
        return (x - mean) * scale + params["bias"], averages

    def init_norm(channels):
        params = {"bias": jnp.zeros(channels), "scale": jnp.ones(channels)}
        return params, {"mean": jnp.zeros(channels), "var": jnp.ones(channels)}

    def generate(params, statistics, z, key):
        x = (z @ params["dense"]).reshape(-1, 7, 7, 128)
        x, first = norm(params["norm0"], statistics[0], x)
        x = conv_transpose(relu(x), params["up0"], strides=(2, 2), padding="SAME")
        x, second = norm(params["norm1"], statistics[1], x)
        x = conv_transpose(relu(x), params["up1"], strides=(2, 2), padding="SAME")
        return sigmoid(x + params["bias"]), (first, second)

    def discriminate(params, statistics, x, key):
        x = conv(x, params["down0"], strides=(2, 2), padding="SAME") + params["b0"]
        x = leaky_relu(x, 0.2)
        x = conv(x, params["down1"], strides=(2, 2), padding="SAME") + params["b1"]
        x, statistics = norm(params["norm"], statistics, x)
        x = leaky_relu(x, 0.2).reshape(len(x), -1)
        return (x @ params["dense"] + params["b2"])[:, 0], statistics

    norm0, first = init_norm(128)
    norm1, second = init_norm(64)
    norm2, third = init_norm(128)
    generator = {
        "dense": weights(100, 7 * 7 * 128),
        "norm0": norm0,
        "up0": weights(4, 4, 128, 64),
        "norm1": norm1,
        "up1": weights(4, 4, 64, 1),
        "bias": jnp.zeros(1),
    }
    critic = {
        "down0": weights(4, 4, 1, 64),
        "b0": jnp.zeros(64),
        "down1": weights(4, 4, 64, 128),
        "b1": jnp.zeros(128),
        "norm": norm2,
        "dense": weights(7 * 7 * 128, 1),
        "b2": jnp.zeros(1),
    }
    start = (generator, (first, second)), (critic, third)
    optimizer = optax.adam(2e-4, b1=0.5)
    return alternating(
        generate, discriminate, optimizer, start, k=k, batch_size=batch_size
    )
