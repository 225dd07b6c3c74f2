"""Opening hours: weekdays and times, which a network of sentences knows badly, by a list alone.

    translate_hours("Mo.-Fr. 8:00-18:00 Uhr", "de", "en")       "Mon-Fri 8:00-18:00"
    translate_hours("Do it", "en", "de")                        None

A text is taken for opening hours if the list (lexicon/hours.tsv) has all of its words, and a day is
one of them: with another day or a number, or any other word if it is written out. Numbers and what
stands between words stay.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from neuropil.apps.translate.lexicon import Lexicon, read_rows, take_case
from neuropil.apps.translate.preprocess import LANGUAGES, normalize

WORD = re.compile(r"([^\W\d_]{1,4})\.|([^\W\d_]+)")  # the period of "Mo." belongs to it
JOINT = re.compile(r"[\s'’-]+")  # between the words of one entry: "l'après-midi"
MOST_WORDS = 4  # of an entry
NOTHING = "~"  # of a word that another language does without
DAY = "d"
SHORT = 4  # letters of the longest day that is abbreviated


class Hour(NamedTuple):
    """The translation of an entry, and whether it is a day."""

    text: str
    is_day: bool


def look_up(text: str, from_: str, to: str) -> str | None:
    """Give the translation of a whole text that a list has, or of opening hours; else None."""
    return Lexicon.load(from_, to).find(text) or translate_hours(text, from_, to)


def translate_hours(text: str, from_: str, to: str) -> str | None:
    """Translate opening hours word for word; None for any other text."""
    table, words = read_hours(from_, to), [*WORD.finditer(text)]
    made, end, days, n = "", 0, list[str](), 0
    while n < len(words):
        length, hour = find_entry(text, words[n:], table)
        if hour is None:
            return None
        start, last = words[n].start(), words[n + length - 1].end()
        made += text[end:start] + hour.text
        days += [text[start:last]] if hour.is_day else []
        n, end = n + length, last
    if not days or (len(days) < 2 and not says_more(text, days[0])):
        return None
    return take_case(" ".join((made + text[end:]).split()), text)


def says_more(text: str, day: str) -> bool:
    """Tell whether the only day of a text is one, and not a word that is spelled the same."""
    is_written_out = len(day.strip(".")) > SHORT and day != text.strip()
    return is_written_out or any(map(str.isdigit, text))


def find_entry(
    text: str, words: Sequence[re.Match[str]], table: Mapping[str, Hour]
) -> tuple[int, Hour | None]:
    """Find the longest entry with which some words begin: of how many words, and what it means."""
    for length in range(min(MOST_WORDS, len(words)), 0, -1):
        some = words[:length]
        gaps = [text[a.end() : b.start()] for a, b in pairwise(some)]
        hour = table.get(key_of(" ".join(word[1] or word[2] for word in some)))
        if hour and all(map(JOINT.fullmatch, gaps)):
            return length, hour
    return 0, None


@cache
def read_hours(from_: str, to: str) -> Mapping[str, Hour]:
    """Read the list: of a word with several translations the first is taken."""
    a, b = LANGUAGES.index(from_), LANGUAGES.index(to)
    entries: dict[str, Hour] = {}
    for row in read_rows("hours.tsv"):
        if row[a] not in ("", NOTHING) and row[b]:
            hour = Hour(row[b].replace(NOTHING, ""), row[4:] == [DAY])
            entries.setdefault(key_of(row[a]), hour)
    return entries


def key_of(text: str) -> str:
    """Bring an entry to the form by which it is looked up: no case, apostrophe or period."""
    return " ".join(re.split(r"[\s'’-]+", normalize(text).casefold().replace(".", "")))
