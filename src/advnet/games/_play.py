from collections.abc import Callable, Mapping

import jax

from advnet._validation import check_players_exist
from advnet.games import _validation
from advnet.sharding import gather_params
from advnet.types import Network, PyTree, Variables


class Play:
    """The players as an objective sees them: `play("generator", z) -> output`.

    Each call draws its randomness (dropout masks) from the player and the number of
    its earlier calls, so two objectives that call in the same order under the same key
    share their masks; the compiler then merges the repeated work.

    Attributes:
      variables: By player; their module state is that of the latest call.
      fresh: The variables of players initialized here, as they were before any call.
    """

    def __init__(
        self,
        networks: Mapping[str, Network],
        variables: Mapping[str, Variables],
        key: jax.Array,
        *,
        train: bool = True,
        initialize: bool = False,
    ):
        """Binds networks to variables.

        Args:
          networks: The game's players.
          variables: Their variables, by name.
          key: Seeds every call.
          train: Whether dropout is on and batch statistics move.
          initialize: Whether a player without variables is given them at its first
            call, from the inputs it is then shown.
        """
        self.variables = dict(variables)
        self.fresh: dict[str, Variables] = {}
        self._networks = networks
        self._key = key
        self._train = train
        self._initialize = initialize
        self._order = sorted(networks)
        self._calls = dict.fromkeys(networks, 0)

    def __call__(self, name: str, *inputs: PyTree, train: bool | None = None) -> PyTree:
        """Shows `inputs` to a player; records the module state it leaves behind.

        Args:
          name: Which player.
          *inputs: What it is shown.
          train: Overrides the mode of this play for one call: a finished player takes
            part in another's training with `train=False`.

        Raises:
          KeyError: If the game has no player of that name.
        """
        self.ensure_initialized(name, *inputs)
        network, variables, key = self._prepare(name)
        train = self._train if train is None else train
        output, state = network.apply(variables, *inputs, key=key, train=train)
        self.variables[name] = Variables(variables.params, state)
        return output

    def pure(self, name: str) -> Callable[..., PyTree]:
        """A pure function of the inputs that reads module state and never records it.

        A penalty differentiates through the critic; recording batch statistics inside
        that inner gradient would leak its tracer.
        """
        network, variables, key = self._prepare(name)

        def read(*inputs: PyTree) -> PyTree:
            return network.apply(variables, *inputs, key=key, train=self._train)[0]

        return read

    @property
    def states(self) -> dict[str, PyTree]:
        """The module state of every player; what is assigned here is recorded."""
        return {name: one.state for name, one in self.variables.items()}

    @states.setter
    def states(self, states: Mapping[str, PyTree]) -> None:
        for name, state in states.items():
            self.variables[name] = self.variables[name]._replace(state=state)

    def fork(self, index: jax.Array, states: Mapping[str, PyTree]) -> "Play":
        """The same players, with these states and randomness of their own by `index`.

        For a loop: what is recorded inside must leave it as its result.
        """
        key = jax.random.fold_in(self._key, index)
        other = Play(self._networks, self.variables, key, train=self._train)
        other.states = dict(states)
        return other

    def ensure_initialized(self, name: str, *inputs: PyTree) -> None:
        """Initializes a player from `inputs`, if it is to be and has not been.

        A call does so by itself; a `reader` cannot, inside somebody's gradient.
        """
        check_players_exist([name], self._networks, "called in an objective")
        if name not in self.variables and self._initialize:
            self.fresh[name] = self._networks[name].init(self._key_of(name), *inputs)
            self.variables[name] = self.fresh[name]

    def _prepare(self, name: str):
        check_players_exist([name], self._networks, "called in an objective")
        if not self._initialize:
            _validation.check_average_kept(name, self.variables)
        key = jax.random.fold_in(self._key_of(name), self._calls[name])
        self._calls[name] += 1
        return self._networks[name], gather_params(self.variables[name]), key

    def _key_of(self, name: str) -> jax.Array:
        return jax.random.fold_in(self._key, self._order.index(name))
