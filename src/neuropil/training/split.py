"""Examples in two parts: those that are learned from, and those that choices are made on.

    Split(train=pictures[:45_000], held_out=pictures[45_000:])

What is reported is measured on neither: a test set is read on its own.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Split(Generic[T]):
    """Examples to learn from and examples held out, of one type."""

    train: T
    held_out: T
