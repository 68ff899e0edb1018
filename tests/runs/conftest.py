"""One device for the runs of these tests, unless a test asks for more."""

import jax
import pytest

from advnet.runs import _devices


@pytest.fixture(scope="package", autouse=True)
def one_device():
    """The tests simulate eight devices, on which a tiny run is slower than on one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_devices, "default_devices", lambda: jax.local_devices()[:1])
        yield
