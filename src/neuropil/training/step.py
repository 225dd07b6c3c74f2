"""When a batch is made: the step of a training, out of how many, and the chance that goes with it.

    rng = TrainingStep(seed=0, step=700, steps=5000).rng()

Batches depend on their step alone, so that a training that was stopped goes on with the same ones.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.random import Generator


@dataclass(frozen=True)
class TrainingStep:
    """Step `step`, from 0, of `steps`."""

    seed: int = 0
    step: int = 0
    steps: int = 1

    @property
    def fraction(self) -> float:
        """Tell how far the training is, from 0 to below 1."""
        return self.step / self.steps

    def rng(self) -> "Generator":
        """Make the random generator of this step."""
        from numpy.random import default_rng

        return default_rng((self.seed, self.step))
