"""Opening hours: weekdays and times, which a network of sentences knows badly, by a list alone.

    translate_hours("Mo.-Fr. 8:00-18:00 Uhr", "de", "en")       "Mon-Fri 8:00-18:00"
    translate_hours("Do it", "en", "de")                        None

A text is taken for opening hours if the list (lexicon/hours.tsv) has all of its words, and at least
two of these are in it: days (marked d), words that only opening hours have (marked h), a number.
Numbers and what stands between words stay, but 9am and 5pm, which other languages do not say.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from neuropil.apps.translate.lexicon import Lexicon, drop_accents, read_rows, take_case
from neuropil.apps.translate.preprocess import LANGUAGES, normalize

WORD = re.compile(r"([^\W\d_]{1,6})\.|([^\W\d_]+)")  # the period of "Mo." belongs to it
JOINT = re.compile(r"[\s'’-]+")  # between the words of one entry: "l'après-midi"
TWELVE = re.compile(r"\b(\d{1,2})(?:[:.](\d\d))?\s?([ap])\.?m\b\.?", re.IGNORECASE)  # 9am, 5:30 pm
BLANKS = re.compile(r"\s+(?=[,.;)]|$)|^\s+|(?<=\s)\s+")
MOST_WORDS = 4  # of an entry
NOTHING = "~"  # of a word that another language does without
DAY, HOUR = "d", "h"


class HourEntry(NamedTuple):
    """The translation of some words, and of which kind they are: DAY, HOUR or none."""

    text: str
    kind: str


def look_up(text: str, from_: str, to: str) -> str | None:
    """Give the translation of a whole text that a list has, or of opening hours; else None."""
    return Lexicon.load(from_, to).find(text) or translate_hours(text, from_, to)


def translate_hours(text: str, from_: str, to: str) -> str | None:
    """Translate opening hours word for word; None for any other text."""
    if from_ == "en":
        text = TWELVE.sub(write_in_24, text)
    table, words = read_hours(from_, to), [*WORD.finditer(text)]
    made, end, n = "", 0, 0
    kinds: list[str] = []
    while n < len(words):
        length, entry = find_entry(text, words[n:], table)
        if entry is None:
            return None
        start, last = words[n].start(), words[n + length - 1].end()
        made = put(made + text[end:start], entry, text[last : last + 1])
        kinds.append(entry.kind)
        n, end = n + length, last
    if not are_hours(kinds, text):
        return None
    return take_case(BLANKS.sub("", made + text[end:]), text)


def are_hours(kinds: Sequence[str], text: str) -> bool:
    """Tell whether two things of a text are such as opening hours have."""
    found = sum(kind in (DAY, HOUR) for kind in kinds) + any(map(str.isdigit, text))
    return found > 1


def tell_language(text: str, chances: Mapping[str, float]) -> str | None:
    """Name the likeliest of the languages in which a text is opening hours; None for others."""
    known = [a for a in LANGUAGES if translate_hours(text, a, "de" if a == "en" else "en")]
    return max(known, key=lambda a: chances[a], default=None)


def put(made: str, entry: HourEntry, behind: str) -> str:
    """Add the translation of some words; days are apart from words and numbers."""
    apart = " " if made[-1:].isalpha() and entry.text else ""
    is_day_before = entry.kind == DAY and behind.isalnum()
    return f"{made}{apart}{entry.text}{' ' if is_day_before else ''}"


def find_entry(
    text: str, words: Sequence[re.Match[str]], table: Mapping[str, HourEntry]
) -> tuple[int, HourEntry | None]:
    """Find the longest entry with which some words begin: of how many words, and what it means."""
    for length in range(min(MOST_WORDS, len(words)), 0, -1):
        some = words[:length]
        gaps = [text[a.end() : b.start()] for a, b in pairwise(some)]
        entry = table.get(key_of(" ".join(word[1] or word[2] for word in some)))
        if entry and all(map(JOINT.fullmatch, gaps)):
            return length, entry
    return 0, None


def write_in_24(found: re.Match[str]) -> str:
    """Write a time of twelve hours as one of 24: 5:30 pm is 17:30."""
    hour, minutes, half = found.groups()
    afternoon = 12 * (half in "pP")
    return f"{int(hour) % 12 + afternoon}:{minutes or '00'}"


@cache
def read_hours(from_: str, to: str) -> Mapping[str, HourEntry]:
    """Read the list: of a word with several translations the first is taken."""
    a, b = LANGUAGES.index(from_), LANGUAGES.index(to)
    entries: dict[str, HourEntry] = {}
    for row in read_rows("hours.tsv"):
        if row[a] != NOTHING:
            entry = HourEntry(row[b].replace(NOTHING, ""), "".join(row[4:]))
            entries.setdefault(key_of(row[a]), entry)
    return entries


def key_of(text: str) -> str:
    """Bring an entry to the form by which it is looked up: letters and single blanks alone."""
    plain = drop_accents(normalize(text).casefold().replace(".", ""))
    return " ".join(re.split(r"[\s'’-]+", plain))
