from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from advnet._validation import check_players_exist, require_known
from advnet.games import _input_shapes, _validation
from advnet.sharding import gather_params
from advnet.types import Memory, Network, PyTree, Variables


class Play:
    """Players of a game as an objective calls them: `play("generator", z) -> output`.

    The randomness of a call (dropout masks) depends on the player and on the number of
    its earlier calls. Two objectives that make the same calls under the same key
    therefore share their masks, and the compiler merges the repeated work.

    Attributes:
      variables: Variables by player; their module state is that of the latest call.
      initialized: Variables of the players that were initialized here, before any call.
      step: Training step, int32 [].
      memories: Values of the game's memories, by name.
      recorded: Names of the memories that were recorded here.
    """

    def __init__(
        self,
        networks: Mapping[str, Network],
        variables: Mapping[str, Variables],
        key: jax.Array,
        *,
        train: bool = True,
        initialize: bool = False,
        step: jax.Array | int = 0,
        memories: Mapping[str, Memory] = MappingProxyType({}),
        memory_values: Mapping[str, PyTree] = MappingProxyType({}),
    ):
        """Bind networks to variables.

        Args:
          networks: Networks of the players, by name.
          variables: Variables of the players, by name.
          key: Random key from which the keys of all calls are derived.
          train: Whether dropout is active and batch statistics are updated.
          initialize: Whether a player without variables is initialized at its first
            call, from the inputs of that call.
          step: Training step.
          memories: The game's memories, by name.
          memory_values: Their values, by name.
        """
        self.variables = dict(variables)
        self.initialized: dict[str, Variables] = {}
        # A NumPy scalar stays concrete inside `jit`, where schedules can look at it.
        self.step: Any = np.int32(step) if isinstance(step, int) else step
        self.memories = dict(memory_values)
        self.recorded: set[str] = set()
        self._memories = memories
        self._networks = networks
        self._key = key
        self._train = train
        self._initialize = initialize
        self._is_fork = False
        self._trace = _current_trace() if initialize else None
        self._order = sorted(networks)
        self._num_calls = dict.fromkeys(networks, 0)

    def __call__(self, name: str, *inputs: PyTree, train: bool | None = None) -> PyTree:
        """Apply a player to `inputs` and record its new module state.

        Args:
          name: Name of the player.
          *inputs: Inputs of its network.
          train: Mode of this call, if it differs from the mode of this object. A
            trained player takes part in the training of another with `train=False`.

        Returns:
          The player's output.

        Raises:
          KeyError: If the game has no player of that name.
          ValueError: If the inputs do not have the shapes that it was initialized with.
        """
        self.ensure_initialized(name, *inputs)
        network, variables, key = self._prepare_call(name)
        train = self._train if train is None else train
        keys = self._keys(name, key)
        with _input_shapes.explained_shapes(name, network, variables, inputs):
            output, state = network.apply(variables, *inputs, train=train, **keys)
        self.variables[name] = Variables(variables.params, state)
        return output

    def pure(self, name: str) -> Callable[..., PyTree]:
        """Return a player as a pure function that does not record module state.

        Penalties differentiate this function. Recording batch statistics inside their
        gradient would leak a tracer.

        Args:
          name: Name of the player.

        Returns:
          A function from inputs to the player's output.

        Raises:
          KeyError: If the game has no player of that name.
        """
        network, variables, key = self._prepare_call(name)

        keys = self._keys(name, key)

        def apply(*inputs: PyTree) -> PyTree:
            with _input_shapes.explained_shapes(name, network, variables, inputs):
                return network.apply(variables, *inputs, train=self._train, **keys)[0]

        return apply

    @property
    def states(self) -> dict[str, PyTree]:
        """Module state of every player by name; it can be assigned."""
        return {name: variables.state for name, variables in self.variables.items()}

    @states.setter
    def states(self, states: Mapping[str, PyTree]) -> None:
        for name, state in states.items():
            self.variables[name] = self.variables[name]._replace(state=state)

    def fork(self, index: jax.Array, states: Mapping[str, PyTree]) -> "Play":
        """Return a copy with other module states, and with randomness for `index`.

        The body of a loop calls the copy, and returns its `states` as a result. The
        copy records no memories.

        Args:
          index: Integer [] from which the randomness of the copy is derived.
          states: Module state of the players, by name.

        Returns:
          The copy.
        """
        key = jax.random.fold_in(self._key, index)
        copy = Play(
            self._networks,
            self.variables,
            key,
            train=self._train,
            step=self.step,
            memories=self._memories,
            memory_values=self.memories,
        )
        copy.states = dict(states)
        copy._is_fork = True
        return copy

    def ensure_initialized(self, name: str, *inputs: PyTree) -> None:
        """Initialize a player from `inputs` if it has no variables yet.

        A call does this itself; before `pure` or a loop such as `jax.lax.scan`, which
        cannot, call it explicitly.

        Args:
          name: Name of the player.
          *inputs: Inputs of its network.

        Raises:
          KeyError: If the game has no player of that name.
          ValueError: If it has no variables yet and this is inside a loop.
        """
        check_players_exist([name], self._networks, "called in an objective")
        if name not in self.variables and self._initialize:
            _validation.check_same_trace(name, self._trace, _current_trace())
            with _input_shapes.named_player(name, inputs):
                variables = self._networks[name].init(self._player_key(name), *inputs)
            self.initialized[name] = self.variables[name] = variables

    def record(self, name: str, value: PyTree) -> None:
        """Update a memory with a value, which is not differentiated.

        The new value is kept if the player that is being updated is the memory's
        writer. The first value of all initializes the memory.

        Args:
          name: Name of the memory.
          value: What the memory's `update` takes.

        Raises:
          ValueError: If the game has no memory of that name, or this is a `fork`.
        """
        memory = require_known(self._memories, name, "memory")
        _validation.check_can_record(name, is_fork=self._is_fork)
        value = jax.lax.stop_gradient(value)
        self.recorded.add(name)
        if name in self.memories:
            index = len(self._order) + sorted(self._memories).index(name)
            key = jax.random.fold_in(self._key, index)
            self.memories[name] = memory.update(self.memories[name], value, key)
        else:
            self.memories[name] = memory.init(value)

    def _prepare_call(self, name: str) -> tuple[Network, Variables, jax.Array]:
        """Return the network, the variables and the key of the next call."""
        check_players_exist([name], self._networks, "called in an objective")
        if self._initialize:
            _validation.check_initialized(name, self.variables)
        else:
            _validation.check_average_exists(name, self.variables)
        key = jax.random.fold_in(self._player_key(name), self._num_calls[name])
        self._num_calls[name] += 1
        return self._networks[name], gather_params(self.variables[name]), key

    def _keys(self, name: str, key: jax.Array) -> dict[str, jax.Array]:
        """Return the keys of a call as keyword arguments."""
        if not self._networks[name].takes_shared_key:
            return {"key": key}
        return {"key": key, "shared_key": self._player_key(name)}

    def _player_key(self, name: str) -> jax.Array:
        """Return the key of a player, derived from the sorted order of the players."""
        return jax.random.fold_in(self._key, self._order.index(name))


def _current_trace() -> Any:
    """Return the trace of JAX that new arrays belong to, None outside of traces."""
    return getattr(jnp.zeros(()), "_trace", None)
