"""Time of the residual pair: grouped convolutions and whole steps with R1 and R2.

    python benchmarks/residual.py                    # 32 and 64 pixels, width 64 and 96
    python benchmarks/residual.py --sides 32 --widths 96 --without-xla

All contestants take turns in one process; only ratios are meaningful. "XLA" is the same
step with XLA's own grouped convolution. PyTorch, if installed, runs the same networks
in eager mode, with double backward for the penalties.
"""

import argparse
import contextlib
import json

import jax
import jax.numpy as jnp
import numpy as np
import optax
from step import jax_contestant, measure_in_turns

import advnet
from advnet import games, losses, modules, priors, terms
from advnet.modules import _residual

BATCH_SIZE = 32
GAMMA = 0.05


def library(side: int, width: int, *, step: bool):
    """Return a function that runs the library's step, or its forward pass alone."""
    generator = modules.ResidualGenerator((side, side, 3), width)
    critic = modules.ResidualDiscriminator(width)
    images = jnp.asarray(
        np.random.default_rng(0).uniform(size=(BATCH_SIZE, side, side, 3)), jnp.float32
    )
    if not step:
        variables = critic.init(jax.random.key(0), images)
        forward = jax.jit(critic.apply)
        forward(variables, images)
        return lambda: jax.block_until_ready(forward(variables, images))
    penalties = [terms.r1(GAMMA / 8), terms.r2(GAMMA / 8)]
    game = games.gan(
        generator,
        critic,
        priors.normal(64),
        loss=losses.relativistic(),
        terms=penalties,
    )
    algorithm = advnet.alternating(game, optax.adam(2e-4, b1=0.0, b2=0.9))
    state = algorithm.init(jax.random.key(0), images)
    compiled = jax.jit(algorithm.train_step, donate_argnums=0)
    run = jax_contestant(compiled, state, images)
    run()  # traced here, inside the convolution of the contestant
    return run


@contextlib.contextmanager
def native_convolutions():
    """Replace the library's grouped convolution by XLA's."""

    def convolve(x, kernel, *, strides, padding, feature_group_count):
        return jax.lax.conv_general_dilated(
            x,
            kernel,
            (strides, strides),
            padding,
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
            feature_group_count=feature_group_count,
        )

    class NativeConv(modules.Conv):
        _convolve = staticmethod(convolve)

    ours, _residual.Conv = _residual.Conv, NativeConv
    try:
        yield
    finally:
        _residual.Conv = ours


def contestants(side: int, width: int, *, step: bool, native: bool) -> dict:
    """Return the functions to time."""
    functions = {"advnet": library(side, width, step=step)}
    if native:
        with native_convolutions():
            functions["XLA"] = library(side, width, step=step)
    with contextlib.suppress(ImportError):
        import residual_in_pytorch

        functions["PyTorch"] = residual_in_pytorch.contestant(
            side, width, step=step, batch_size=BATCH_SIZE, gamma=GAMMA
        )
    return functions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sides", type=int, nargs="+", default=[32, 64])
    parser.add_argument("--widths", type=int, nargs="+", default=[64, 96])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--without-xla", action="store_true", help="its steps take minutes at 32 pixels"
    )
    options = parser.parse_args()
    print(f"jax {jax.__version__} on {jax.devices()[0].device_kind}, batch 32")
    for side in options.sides:
        for width in options.widths:
            for step in (False, True):
                functions = contestants(
                    side, width, step=step, native=not options.without_xla
                )
                seconds = measure_in_turns(functions, options.rounds)
                medians = {name: float(np.median(t)) for name, t in seconds.items()}
                ratios = {
                    f"{name} / advnet": round(
                        float(np.median(np.divide(times, seconds["advnet"]))), 2
                    )
                    for name, times in seconds.items()
                    if name != "advnet"
                }
                row = {"side": side, "width": width}
                row["what"] = "step with R1 and R2" if step else "critic, forward"
                row |= {f"{k}, ms": round(1e3 * t, 1) for k, t in medians.items()}
                print(json.dumps(row | ratios), flush=True)


if __name__ == "__main__":
    main()
