"""Numbers that would run together are parted."""

import pytest

from neuropil.apps.handwrite.numerals import part_numerals


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("1½ lb", "1 ½ lb"),
        ("½ lb, 2 ¾", "½ lb, 2 ¾"),
        ("10² and 10⁻⁶", "10^² and 10^⁻⁶"),
        ("m² H₂O x³", "m² H₂O x³"),
        ("1010₂", "1010_₂"),
        ("the 1ˢᵗ, 2º", "the 1ˢᵗ, 2º"),
    ],
)
def test_numbers_that_would_run_together_are_parted(given: str, made: str) -> None:
    assert part_numerals(given) == made
