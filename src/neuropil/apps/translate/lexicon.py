"""Words and phrases whose translation is written down: looked up before a network is asked.

    Lexicon.load("de", "en").find("AUSFAHRT FREIHALTEN")     "KEEP EXIT CLEAR"

Lists, of which the first that knows a text is right: signs.tsv, dishes.tsv and ways.tsv (to
prepare them), written for this package; places.tsv of OpenStreetMap; food.tsv of Open Food Facts;
words of Wiktionary. All but the last have a column for each language. Only whole texts are looked
up. Neither case counts nor accents that capitals lack.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from neuropil.apps.translate.preprocess import LANGUAGES, normalize

FOLDER = Path(__file__).with_name("lexicon")
IN_ALL_LANGUAGES = ("signs.tsv", "dishes.tsv", "ways.tsv", "places.tsv", "food.tsv")
ENDS = ".!:;, "  # that a text may have behind it
MOST_WORDS = 8


class Lexicon:
    """What is known from one language to another, both of LANGUAGES."""

    def __init__(self, entries: dict[str, str]) -> None:
        self.entries = entries
        self.plain: dict[str, str] = {}
        for key, text in entries.items():
            self.plain.setdefault(drop_accents(key), text)

    @classmethod
    @cache
    def load(cls, from_: str, to: str) -> "Lexicon":
        """Read the lists of the package; of a text that two know, the earlier one's is taken."""
        entries: dict[str, str] = {}
        for source, translation in read_entries(from_, to):
            entries.setdefault(key_of(source), translation)
        return cls(entries)

    def find(self, text: str) -> str | None:
        """Give the translation of a whole text, in its case; None where no list has it."""
        found = self.entry(text)
        return None if found is None else take_case(found, text) + ending(text)

    def entry(self, text: str) -> str | None:
        """Give the translation of a whole text as its list has it; None where none has."""
        key = key_of(text)
        if not key or key.count(" ") >= MOST_WORDS:
            return None
        found = self.entries.get(key)
        return self.plain.get(drop_accents(key)) if found is None and text.isupper() else found


def read_entries(from_: str, to: str) -> Iterator[Sequence[str]]:
    """Yield texts and their translations, from the list that is most to be trusted to the least."""
    a, b = LANGUAGES.index(from_), LANGUAGES.index(to)
    for file in IN_ALL_LANGUAGES:
        for cells in read_rows(file):
            if cells[a] and cells[b]:
                yield cells[a], cells[b]
    if "en" in (from_, to):
        yield from read_rows(f"words.{from_}-{to}.tsv")


def read_rows(file: str, folder: Path | None = None) -> Iterator[list[str]]:
    """Yield the cells of a list of this folder, or another, line by line."""
    for line in ((folder or FOLDER) / file).read_text(encoding="utf-8").splitlines():
        yield line.split("\t")


def key_of(text: str) -> str:
    """Bring a text to the form by which it is looked up."""
    return normalize(text).casefold().strip(ENDS)


def ending(text: str) -> str:
    """Give what stands behind the last word of a text."""
    return text[len(text.rstrip(ENDS)) :].rstrip()


def drop_accents(key: str) -> str:
    """Leave out accents, as capitals do on many signs."""
    if key.isascii():
        return key
    return "".join(c for c in unicodedata.normalize("NFD", key) if not unicodedata.combining(c))


def take_case(translation: str, text: str) -> str:
    """Write a translation in capitals where the text is, with a capital where it has one."""
    if text.isupper() and len(text.strip(ENDS)) > 1:
        return translation.upper()
    if text.lstrip()[:1].isupper():
        return translation[:1].upper() + translation[1:]
    return translation
