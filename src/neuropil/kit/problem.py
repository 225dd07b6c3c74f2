"""A user's mistake, said in one sentence: what was given, what is possible, what to type."""

from collections.abc import Iterable
from difflib import get_close_matches


class Problem(ValueError):
    """A mistake that a person can mend; whatever else is raised is a fault of ours."""


def guess(word: str, among: Iterable[str]) -> str:
    """Word the nearest of what is possible as a question, or nothing where none is near."""
    near = get_close_matches(word, list(among), n=1)
    return f" (did you mean {near[0]}?)" if near else ""
