"""What a package says in several languages, one beside the other: it is translated once.

    say_once("Salz/Sel/Sale", "en")         "Salt"
    say_once("Wurst/Käse", "en")            None

A text is taken for one if the lists have the same translation of two of its parts. What they know
nothing of is left out then: it says so in a language that is not translated here.
"""

import re

from neuropil.apps.translate.lexicon import Lexicon, ending, key_of, take_case
from neuropil.apps.translate.preprocess import LANGUAGES

BETWEEN = re.compile(r"\s*[/|·]\s*")


def say_once(text: str, to: str) -> str | None:
    """Translate a text that says one thing in several languages; None for any other."""
    parts = [part for part in BETWEEN.split(text) if part]
    if len(parts) < 2 or any(map(str.isdigit, text)):
        return None
    known = [found for part in parts if (found := list_meanings(part, to))]
    if len(known) < 2:
        return None
    common = [said for said in known[0] if all(said in other for other in known)]
    return take_case(known[0][common[0]], parts[0]) + ending(parts[-1]) if common else None


def list_meanings(part: str, to: str) -> dict[str, str]:
    """List what a part may mean, by its key: its translations, and itself where it is one."""
    said = [Lexicon.load(from_, to).entry(part) for from_ in LANGUAGES if from_ != to]
    if any(Lexicon.load(to, other).entry(part) for other in LANGUAGES if other != to):
        said.append(part)
    return {key_of(each): each for each in said if each}


def tell_first(text: str) -> str | None:
    """Name the language of the first part of a text that says one thing in several; else None."""
    if not any(say_once(text, to) for to in LANGUAGES):
        return None
    first = BETWEEN.split(text.strip())[0]
    others = {a: next(b for b in LANGUAGES if b != a) for a in LANGUAGES}
    known = (a for a, to in others.items() if Lexicon.load(a, to).entry(first))
    return next(known, None)
