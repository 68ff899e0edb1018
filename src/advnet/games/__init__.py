"""Games: what two things is the critic asked to tell apart?"""

from advnet.games._adversarial import adversarial
from advnet.games._gan import gan
from advnet.games._play import Play
from advnet.games._sample import sample

__all__ = ["Play", "adversarial", "gan", "sample"]
