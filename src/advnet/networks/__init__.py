"""Networks: flax modules or plain functions as pairs of pure functions."""

from advnet.networks._as_network import as_network, plain
from advnet.networks._bfloat16 import in_bfloat16
from advnet.networks._frozen import frozen, pretrained
from advnet.networks._linen import from_linen, mode_argument
from advnet.networks._nnx import from_nnx

__all__ = [
    "as_network",
    "from_linen",
    "from_nnx",
    "frozen",
    "in_bfloat16",
    "mode_argument",
    "plain",
    "pretrained",
]
