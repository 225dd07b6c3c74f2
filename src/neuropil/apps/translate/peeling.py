"""What stands around a text on a menu or a package: a bullet in front, a price or an amount behind.

    peel("• Tagessuppe ....... 4,50 €")     ("• ", "Tagessuppe", " ....... 4,50 €")

It stays as it is, letter by letter, and what is left is looked up and translated.
"""

import re
from typing import NamedTuple

from neuropil.apps.translate.tails import split_tail

BULLET = r"\s*(?:[•·*\-–—]\s+)?"
UNIT = r"(?:[€$£%]|EUR|CHF|Fr\.|kg|g|mg|ml|cl|l|°C|kcal|kJ|x)"
AMOUNT = rf"(?:[€$£]\s?)?\d+(?:[.,:]\d+)+(?:\s?{UNIT}(?!\w))?|(?:[€$£]\s?)?\d+\s?{UNIT}(?!\w)"
PEEL = re.compile(rf"({BULLET})(.*?)((?:[\s.…·]+(?:{AMOUNT}))*[\s.…·]*)", re.DOTALL)
FEWEST = 2  # dots that are no full stop


class Peeled(NamedTuple):
    """A text apart: what stands in front, what is to be translated, and what stands behind."""

    front: str
    core: str
    back: str


def peel(text: str) -> Peeled:
    """Take off a bullet, prices and amounts, and what leads to them; of nothing else all stays."""
    name, leader, _ = split_tail(text)
    found = PEEL.fullmatch(name if leader else text)
    assert found is not None  # each part may be empty
    front, core, back = found.groups()
    if not any(map(str.isalpha, core)):
        return Peeled("", text, "")
    if leader:
        return Peeled(front, core, back + text[len(name) :])
    if not any(map(str.isdigit, back)) and len(back.strip()) < FEWEST:
        core, back = core + back, ""  # a full stop, which is the text's own
    return Peeled(front, core, back)
