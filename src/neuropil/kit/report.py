"""What a measurement hands back: tables for people, and the figures in them for machines."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Table:
    """A title, the names of the columns, and rows of as many values."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True)
class Report:
    """Everything that one run has measured; a figure's name ends in its unit."""

    tables: tuple[Table, ...]
    figures: dict[str, float | int | str]


def timed(function: Callable[[], object], repeats: int) -> float:
    """Return the median of the seconds that a call takes, after one that does not count."""
    function()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return median(seconds)
