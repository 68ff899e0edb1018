"""Options that join the processes of a run on several machines."""

from dataclasses import dataclass

import jax

_AUTOMATIC = "auto"


@dataclass(frozen=True, kw_only=True)
class Processes:
    """Options of `jax.distributed`, for a run in several processes.

    Attributes:
      coordinator: Address HOST:PORT of the process with index 0, for a run in several
        processes; auto where the cluster says it (Slurm, Open MPI, Cloud TPU). Start
        the same command in every process, with one --run folder that all of them see.
      num_processes: Number of processes; needed with an address.
      process_id: Index of this process, from 0; needed with an address.
    """

    coordinator: str | None = None
    num_processes: int | None = None
    process_id: int | None = None


def connect(options: Processes) -> None:
    """Join the other processes, before anything uses a device.

    Raises:
      ValueError: If the options are incomplete.
    """
    numbers = options.num_processes, options.process_id
    if options.coordinator is None:
        if numbers != (None, None):
            raise ValueError(
                "Expected --coordinator with --num-processes and --process-id, got "
                "none. Give the address HOST:PORT of the first process, or auto."
            )
        return
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    if options.coordinator == _AUTOMATIC:
        jax.distributed.initialize()
        return
    _, separator, port = options.coordinator.rpartition(":")
    if None in numbers or not separator or not port.isdecimal():
        raise ValueError(
            "Expected --coordinator HOST:PORT with --num-processes and --process-id, "
            f"or --coordinator auto; got {options.coordinator}, {numbers[0]} and "
            f"{numbers[1]}."
        )
    jax.distributed.initialize(options.coordinator, *numbers)
