"""What a package says in several languages, one beside the other: it is translated once.

    say_once("Inhalt/Contenu/Contenuto", "en")      "Contents"
    say_once("Wurst/Käse", "en")                    None

A text is taken for one if the lists have the same translation of two of its parts. What they know
nothing of is left out then: it says so in a language that is not translated here.
"""

import re
from collections.abc import Sequence

from neuropil.apps.translate.lexicon import Lexicon, ending, key_of, take_case
from neuropil.apps.translate.preprocess import LANGUAGES

BETWEEN = re.compile(r"\s*[/|·]\s*")
PARTS = re.compile(r"[\w.'’-]+(?:/[\w.'’-]+)+")


def say_once(text: str, to: str) -> str | None:
    """Translate a text that says one thing in several languages; None for any other."""
    parts = [part for part in BETWEEN.split(text) if part]
    if len(parts) < 2 or any(map(str.isdigit, text)):
        return None
    known = [found for part in parts if (found := list_meanings(part, to))]
    if len(known) < 2 or is_in_one_language(parts):
        return None
    common = [said for said in known[0] if all(said in other for other in known)]
    return take_case(known[0][common[0]], parts[0]) + ending(parts[-1]) if common else None


def is_in_one_language(parts: Sequence[str]) -> bool:
    """Tell parts of which one language has all: "Land/Staat" are two words of German."""
    return any(all(knows(language, part) for part in parts) for language in LANGUAGES)


def knows(language: str, part: str) -> bool:
    """Tell whether a list has a text in a language."""
    others = (to for to in LANGUAGES if to != language)
    return any(Lexicon.load(language, to).entry(part) for to in others)


def list_meanings(part: str, to: str) -> dict[str, str]:
    """List what a part may mean, by its key: its translations, and itself where it is one."""
    said = [Lexicon.load(from_, to).entry(part) for from_ in LANGUAGES if from_ != to]
    if knows(to, part):
        said.append(part)
    return {key_of(each): each for each in said if each}


def tell_first(text: str) -> str | None:
    """Name the language of the first part of a text that says one thing in several; else None."""
    first = BETWEEN.split(text.strip())[0]
    for to in LANGUAGES:
        if said := say_once(text, to):
            ways = {a: Lexicon.load(a, to).entry(first) for a in LANGUAGES if a != to}
            return next((a for a, found in ways.items() if key_of(found or "") == key_of(said)), to)
    return None


def translate_parts(text: str, from_: str, to: str) -> str | None:
    """Translate a word of parts with strokes between them; None for any other text.

    A part that no list has stays, and so does a single letter, as in km/h.
    """
    if not PARTS.fullmatch(text):
        return None
    find = Lexicon.load(from_, to).find
    return "/".join((find(part) if len(part) > 1 else None) or part for part in text.split("/"))
