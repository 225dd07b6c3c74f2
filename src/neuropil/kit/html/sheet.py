"""A sheet of exercises with blanks, then its solutions on a page of their own: it prints well.

    render_sheet(SheetHead("A neuron by hand", "Sheet 7", "Four digits are enough."), exercises)

What belongs in a blank is written by whoever poses the exercise, with the digits that it asks for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from neuropil.kit.html.templates import render

TEMPLATE = Path(__file__).with_name("sheet.html.jinja")


@dataclass(frozen=True)
class SheetHead:
    """What stands at the top: what it is about, which sheet it is, how exact it is to be."""

    heading: str
    name: str
    rule: str


@dataclass(frozen=True)
class SolvedExercise:
    """What is given, what is to be done, and the blanks with what belongs in them, as written."""

    title: str
    given: str
    task: str
    blanks: tuple[tuple[str, str], ...]


def render_sheet(head: SheetHead, tasks: Sequence[SolvedExercise]) -> str:
    """Write the page: the exercises with blanks, then the solutions."""
    return render(
        TEMPLATE,
        title=f"{head.heading}: {head.name}" if head.name else head.heading,
        heading=head.heading,
        head=head.name,
        rule=head.rule,
        tasks=tasks,
    )
