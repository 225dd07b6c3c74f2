import math

import pytest
from refusals import refused

from neuropil.kit.ranges import Range


@pytest.mark.parametrize("value", [0, 1.5, 2])
def test_takes_what_lies_between_with_both_ends(value: float) -> None:
    Range(0, 2).check("strength", value)


@pytest.mark.parametrize("value", [-0.1, 2.1, math.nan, math.inf])
def test_refuses_the_rest(value: float) -> None:
    with refused("option.range", "strength", value, "between 0 and 2") as caught:
        Range(0, 2).check("strength", value)
    facts = dict(caught.value.facts)
    assert facts.pop("value") is value
    assert facts == {"name": "strength", "low": 0, "high": 2}


def test_whole_numbers_are_told_as_given() -> None:
    with refused("option.range", "n", 10**20 - 1):
        Range(0, 2).check("n", 10**20 - 1)


def test_large_numbers_are_written_out() -> None:
    with refused("option.range", "seed", 2**31, 2**31 - 1):
        Range(0, 2**31 - 1).check("seed", 2**31)
