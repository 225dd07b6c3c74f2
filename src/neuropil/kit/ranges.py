"""The range of a number, written where the number is declared.

    def __call__(self, photo: Image, *, strength: Annotated[float, Range(0, 2)] = 1.0)

The command line shows it and holds values to it.
"""

from dataclasses import dataclass

from neuropil.kit.errors import UserError


@dataclass(frozen=True)
class Range:
    """The least and the greatest value, both allowed."""

    low: float
    high: float

    def check(self, name: str, value: float) -> None:
        """Raise UserError where the value lies outside, or is no number."""
        if not self.low <= value <= self.high:
            low, high = f"{self.low:.15g}", f"{self.high:.15g}"
            given = value if isinstance(value, int) else f"{value:.15g}"
            raise UserError(
                "option.range",
                f"{name} is {given}; it lies between {low} and {high}",
                name=name,
                value=value,
                low=self.low,
                high=self.high,
            )
