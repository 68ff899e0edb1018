"""Settings of the tests: strict JAX, eight CPU devices, bounded memory."""

import ctypes
import gc
import os
from pathlib import Path

# Most of the time of the tests is compilation: without optimization it is half as long.
os.environ["XLA_FLAGS"] = (
    "--xla_force_host_platform_device_count=8 --xla_backend_optimization_level=0"
)
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import pytest

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")
cache = Path(__file__).parent.parent / ".jax_cache"
jax.config.update("jax_compilation_cache_dir", str(cache))
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)

# Tracing allocates millions of objects that live on: frequent collections cost 7 %.
gc.freeze()
gc.set_threshold(100_000, 20, 100)


MAX_PROGRAMS = 400  # about 1 MiB each
num_programs = 0


def _count_program(event: str, seconds: float, **_) -> None:
    global num_programs
    num_programs += event.endswith("/backend_compile_duration")


jax.monitoring.register_event_duration_secs_listener(_count_program)


def release_memory() -> None:
    """Drop the compiled programs and return their memory, if there are many."""
    global num_programs
    if num_programs > MAX_PROGRAMS:
        jax.clear_caches()
        gc.collect()
        if hasattr(libc := ctypes.CDLL(None), "malloc_trim"):  # glibc keeps free memory
            libc.malloc_trim(0)
        num_programs = 0


@pytest.fixture(scope="module", autouse=True)
def _memory_bounded_by_module():
    """Without this, a worker holds the programs of every test: 5.6 GiB at the end."""
    yield
    release_memory()


@pytest.fixture
def memory_bounded_by_test():
    """For modules with many programs that no other test of the module uses again."""
    yield
    release_memory()
