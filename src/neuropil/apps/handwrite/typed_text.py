"""A text as it was typed, made plain: what is seen of it, line by line."""

import re
import unicodedata

from neuropil.apps.handwrite.diacritics import TAB
from neuropil.apps.handwrite.layout import TAB_STOP


def normalize_text(text: str) -> str:
    """Make spaces and ends of lines alike, and drop what is not seen; indents and tabs stay.

    Within a line a gap is one space, or one tab where it has any; before it, a space a column.
    """
    text = text.replace("\N{HORIZONTAL ELLIPSIS}", "...")
    lines = ("".join(filter(is_seen, line)).rstrip() for line in text.splitlines())
    return "\n".join(map(normalize_line, lines))


def normalize_line(line: str) -> str:
    """Make the indent spaces, and every gap a single character."""
    its = line.lstrip()
    columns = len(line[: len(line) - len(its)].expandtabs(TAB_STOP))
    gaps = re.sub(r"\s+", lambda gap: TAB if TAB in gap[0] else " ", its)
    return " " * columns + gaps


def is_seen(character: str) -> bool:
    """Tell whether a character leaves ink or a gap: joiners, marks of direction and such do not."""
    is_selector = "\ufe00" <= character <= "\ufe0f"  # says how the character before it looks
    is_hidden = unicodedata.category(character) in ("Cf", "Cc") and character != TAB
    return not is_hidden and not is_selector
