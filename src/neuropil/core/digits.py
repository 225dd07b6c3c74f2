"""1797 handwritten digits of 8 × 8 pixels, small enough to learn in a second.

A pixel is the number of inked dots, 0 to 16, in a square of 4 × 4 of a scanned bitmap.

Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning
Repository, 1998, doi 10.24432/C50P49, licence CC BY 4.0; digits.npz holds what scikit-learn's
`load_digits` gives: the 1797 digits that 13 of the 43 writers wrote, UCI's own test set.

UCI split its data by writers. Within these 13 nobody recorded who wrote what, so here every writer
is in both parts: a score says how well a network reads more digits of hands that it has seen.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).with_name("digits.npz")
FULL = 16  # dots of a pixel that is all ink
EVERY = 5  # one of so many is for testing


@dataclass(frozen=True)
class Digits:
    """Pictures (N, 64), rows of 8 from the top, 0 paper to 1 ink, and what they show (N).

    A pixel is a float32, a label an integer 0 to 9.
    """

    x_train: NDArray[np.float32]
    y_train: NDArray[np.int64]
    x_test: NDArray[np.float32]
    y_test: NDArray[np.int64]


def digits() -> Digits:
    """Read 1437 digits to learn from and 360 to be tested on, always the same.

    Sorted by class, within a class as they come in the source, every fifth is for testing: so both
    parts have the same shares of each digit.
    """
    with np.load(FILE, allow_pickle=False) as file:
        x = file["pixels"].astype(np.float32) / FULL  # inputs near 1, as the first weights expect
        y = file["labels"].astype(np.int64)
    # What is tested must not have been learned from; else a network that remembers looks as good as
    # one that has understood.
    by_class = np.argsort(y, kind="stable")
    for_test = np.zeros(len(y), bool)
    for_test[by_class[::EVERY]] = True
    return Digits(x[~for_test], y[~for_test], x[for_test], y[for_test])
