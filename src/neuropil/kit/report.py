"""What a measurement hands back: tables for people, and the figures in them for machines."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

Metric = float | int | str | None  # None: not known
Metrics = dict[str, Metric]  # by name, which ends in the unit


@dataclass(frozen=True)
class Table:
    """A title, the names of the columns, and rows of as many values."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True)
class Report:
    """Everything that one run has measured."""

    tables: tuple[Table, ...]
    figures: Metrics


def median_seconds(function: Callable[[], object], repeats: int) -> float:
    """Return the median of the seconds that a call takes, after one that does not count."""
    function()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return median(seconds)


def median_seconds_interleaved(
    functions: Mapping[str, Callable[[], object]], repeats: int, turns: int
) -> dict[str, float]:
    """Time each of several calls as `median_seconds` does, again and again in turn: the medians.

    A slow minute of the machine slows all of them. Within a turn calls follow their own kind, so
    that none pays for threads of another that have not gone to sleep yet.
    """
    found: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(turns):
        for name, function in functions.items():
            found[name].append(median_seconds(function, repeats))
    return {name: median(seconds) for name, seconds in found.items()}
