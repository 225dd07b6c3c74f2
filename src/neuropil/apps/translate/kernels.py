"""Kernels: the cells in the middle of each line of text, connected, and apart from its neighbors'.

    for rows, columns in find_kernels(chances, heights): ...

h, w  cells of CELL x CELL pixels     N  cells of a kernel

The kernel of a line is what is within a quarter of its height of its middle line, and not within a
quarter of the ends. So kernels of neighbors should never touch. Where lines stand close they do: a
kernel that is too thick for one line is parted where the network is less sure.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.translate.lines import Floats

Numbers = NDArray[np.int64]
Cells = tuple[Numbers, Numbers]  # rows (N,) and columns (N,)
Points = NDArray[np.float64]

CELL = 4  # pixels, in either direction
SHRINK = 0.25  # of the height of a line, by which its kernel is smaller at each side
SURE = 0.3  # probability from which a cell is of a kernel
SURER = (0.5, 0.7, 0.85, 0.95)  # from which it is of one of those that a thick kernel falls into
THICK = 1.6  # times as thick as it should be: a kernel of more than one line, maybe
CURVED = 3.0  # times: if it is of one line, that is an arc, which nothing here can read
FEWEST = 3  # cells that are left of a line at least
LEAST_SHARE = 0.15  # of the cells of the thick one, too, if it is of MOST_SIMPLE lines; else less
MOST_SIMPLE = 2
APART = 0.5  # heights between the middles of two lines
STRAIGHT = 1.5  # times as long as high: a shorter kernel has no direction of its own


def find_kernels(chances: Floats, heights: Floats) -> Iterator[Cells]:
    """Yield the cells of each kernel, in no order.

    chances: of each cell to be of a kernel (h, w), 0..1
    heights: of the line that each cell would be of (h, w), pixels
    """
    for kernel in components(chances > SURE):
        yield from part(kernel, chances, heights)


def middles(rows: Numbers, columns: Numbers) -> Points:
    """Give the middle of each cell, x and y in pixels (N, 2)."""
    return CELL * (np.column_stack([columns, rows]).astype(np.float64) + 0.5)


def part(kernel: Cells, chances: Floats, heights: Floats) -> Iterator[Cells]:
    """Yield a kernel, or where it is thick those of its lines; none of an arc."""
    rows, columns = kernel
    height = float(np.median(heights[kernel]))
    across = depths(kernel, height)
    thick = np.ptp(across) / max((1 - 2 * SHRINK) * height, CELL)
    if thick <= THICK:
        yield kernel
        return
    for level in SURER:
        owners = find_seeds(kernel, chances[kernel] > level, across, height)
        if owners.max() > 0:
            owners = grow(kernel, owners)
            for n in range(owners.max() + 1):
                yield from part((rows[owners == n], columns[owners == n]), chances, heights)
            return
    if thick <= CURVED:
        yield kernel


def depths(kernel: Cells, height: float) -> Points:
    """Measure how far below the straight line through a kernel each of its cells is, (N,)."""
    centers = middles(*kernel)
    centers -= centers.mean(axis=0)
    along = direction(centers, height)
    u, v = centers @ along, centers @ np.array([-along[1], along[0]])
    slope = u @ v / max(1.0, float(u @ u))
    deep: Points = v - slope * u
    return deep


def find_seeds(kernel: Cells, is_sure: NDArray[np.bool_], across: Points, height: float) -> Numbers:
    """Number the lines that a kernel falls into: for each of its cells (N,), -1 where not told.

    is_sure, across: of each of its cells, and how deep it lies (N,)
    """
    lines = max(MOST_SIMPLE, np.ptp(across) / height)
    fewest = max(FEWEST, LEAST_SHARE * len(across) * MOST_SIMPLE / lines)
    number = lay_out(kernel, np.where(is_sure, np.arange(len(across)), -1))
    seeds = [number[cells] for cells in components(number >= 0) if len(cells[0]) >= fewest]
    seeds.sort(key=lambda seed: float(across[seed].mean()))
    owners, line = np.full(len(across), -1), -1
    last = -np.inf
    for seed in seeds:
        depth = float(across[seed].mean())
        line += depth - last >= APART * height
        owners[seed], last = line, depth
    return owners


def lay_out(kernel: Cells, numbers: Numbers) -> Numbers:
    """Lay a number for each cell (N,) where the cell is, with -1 all around."""
    rows, columns = (axis - axis.min() + 1 for axis in kernel)
    sheet = np.full((rows.max() + 2, columns.max() + 2), -1)
    sheet[rows, columns] = numbers
    return sheet


def grow(kernel: Cells, owners: Numbers) -> Numbers:
    """Give cells without an owner (-1) that of a neighbor, until no more can have one."""
    rows, columns = (axis - axis.min() + 1 for axis in kernel)
    while True:
        sheet = lay_out(kernel, owners)
        beside = [sheet[rows + y, columns + x] for y, x in ((-1, 0), (1, 0), (0, -1), (0, 1))]
        grown = np.where(owners < 0, np.max(beside, axis=0), owners)
        if (grown == owners).all():
            return owners
        owners = grown


def direction(centers: Points, height: float) -> Points:
    """Give the direction in which a line reads: rightward, or down where it is upright.

    That in which its cells spread most; to the right where they are too few to tell.
    """
    spread = np.cov(centers.T, bias=True)
    lengths, axes = np.linalg.eigh(spread)
    if np.sqrt(12 * max(lengths[1], 0)) < STRAIGHT * max(height * (1 - 2 * SHRINK), CELL):
        return np.array([1.0, 0.0])
    axis: Points = axes[:, 1]
    is_turned = axis[0] < 0 if abs(axis[0]) > abs(axis[1]) else axis[1] < 0
    return -axis if is_turned else axis


# --- connected cells ----------------------------------------------------------------------------


def components(mask: NDArray[np.bool_]) -> Iterator[Cells]:
    """Yield rows and columns of the cells of each connected part of a mask, corners not counted."""
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return
    number = np.full(mask.shape, -1, np.int64)
    number[rows, columns] = np.arange(len(rows))
    beside = mask[:, 1:] & mask[:, :-1]
    below = mask[1:] & mask[:-1]
    first = np.concatenate([number[:, :-1][beside], number[:-1][below]])
    second = np.concatenate([number[:, 1:][beside], number[1:][below]])
    labels = join(len(rows), first, second)
    order = np.argsort(labels, kind="stable")
    cuts = np.flatnonzero(np.diff(labels[order])) + 1
    for part in np.split(order, cuts):
        yield rows[part], columns[part]


def join(n: int, first: Numbers, second: Numbers) -> Numbers:
    """Give each of n cells the least number of those that pairs connect it with.

    Each turn hangs the larger root of a pair below the smaller, and shortens all ways to a root.
    """
    labels = np.arange(n)
    while len(first):
        a, b = labels[first], labels[second]
        apart = a != b
        if not apart.any():
            break
        np.minimum.at(labels, np.maximum(a, b)[apart], np.minimum(a, b)[apart])
        while True:
            shorter = labels[labels]
            if (shorter == labels).all():
                break
            labels = shorter
    return labels
