import math

import pytest

from neuropil.kit.between import Between
from neuropil.kit.problem import Problem


@pytest.mark.parametrize("value", [0, 1.5, 2])
def test_takes_what_lies_between_with_both_ends(value: float) -> None:
    Between(0, 2).check("strength", value)


@pytest.mark.parametrize("value", [-0.1, 2.1, math.nan, math.inf])
def test_refuses_the_rest_in_a_sentence(value: float) -> None:
    with pytest.raises(Problem, match=r"strength is .*; it lies between 0 and 2"):
        Between(0, 2).check("strength", value)


def test_whole_numbers_are_told_as_given() -> None:
    with pytest.raises(Problem, match=f"n is {10**20 - 1};"):
        Between(0, 2).check("n", 10**20 - 1)


def test_large_numbers_are_written_out() -> None:
    with pytest.raises(Problem, match=r"^seed is 2147483648; it lies between 0 and 2147483647$"):
        Between(0, 2**31 - 1).check("seed", 2**31)
