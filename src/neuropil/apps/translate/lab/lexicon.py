"""How the lists of the lexicon are made: of places, of food, and of words in each direction.

    neuropil train translate --stage lexicon --data DIR -o runs/lexicon

Of the translations of a word, the one is taken that most entries name, and of those the most
frequent word. Texts that measure the translator are in no list. Those of
WRITTEN were made by hand; that they hold none of them is checked here.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from zipfile import ZipFile

from neuropil.apps.translate.lab.data import (
    ARCHIVE,
    DIRECTIONS,
    Direction,
    Pair,
    find_file,
    measured_keys,
    read_pairs,
    read_rows,
    side,
    text_keys,
)
from neuropil.apps.translate.lab.texts import read_frequencies
from neuropil.apps.translate.lexicon import FOLDER, key_of
from neuropil.apps.translate.lexicon import read_rows as read_list
from neuropil.apps.translate.preprocess import LANGUAGES, normalize
from neuropil.kit.atomic import save_text
from neuropil.kit.errors import UserError

MOST_WORDS = 3  # of an entry of a dictionary
LONGEST = 60  # characters of an entry of a list
ODD = frozenset("();:/[]|♀♂")  # in explanations and alternatives
WRITTEN = ("signs.tsv", "dishes.tsv", "ways.tsv", "links.tsv", "hours.tsv")  # by hand
Keys = set[tuple[str, str]]


def write_lexicon(output: Path, data: Path) -> Path:
    """Write the lists into a folder; raises UserError where signs.tsv has what is measured."""
    pairs = read_pairs(data)
    taken = measured_keys(pairs, data)
    for name in WRITTEN:
        refuse_measured(name, taken)
    path = find_file(ARCHIVE, (data, data.parent))
    with ZipFile(path) as archive:
        places = [*read_rows(archive, "short.places.tsv")]
        food = [row[1:] for row in read_rows(archive, "short.food.tsv")]
    save_rows(output / "places.tsv", plain_rows(places, taken))
    save_rows(output / "food.tsv", plain_rows(food, taken))
    counts = read_frequencies(path)
    words = [pair for pair in pairs if pair.kind == "word"]
    for direction in DIRECTIONS:
        entries = choose_words(words, direction, counts, taken)
        save_rows(output / f"words.{direction[0]}-{direction[1]}.tsv", entries)
    return output


def refuse_measured(name: str, taken: Keys) -> None:
    """Raise UserError where a row of a list has a text that measures."""
    for row in read_list(name):
        if has_any(row, taken):
            words = f"{FOLDER / name} has {' | '.join(row)}, by which it is measured; take it out"
            raise UserError("input.content", words)


def has_any(row: Sequence[str], taken: Keys) -> bool:
    """Tell a row with a text that measures, in the language of its column."""
    pairs = zip(LANGUAGES, row, strict=False)
    return any((language, text.casefold().rstrip(" .!?")) in taken for language, text in pairs)


def plain_rows(rows: Iterable[Sequence[str]], taken: Keys) -> Iterator[list[str]]:
    """Yield rows of four cells, those left out that explain or measure, or say the same thrice."""
    for row in rows:
        cells = [normalize(cell) for cell in [*row, "", "", ""][:4]]
        told = [cell if len(cell) <= LONGEST and not ODD & {*cell} else "" for cell in cells]
        is_known = told[0] and any(told[1:])
        if is_known and not has_any(told, taken) and len({*filter(None, told)}) > 1:
            yield told


def choose_words(
    words: Sequence[Pair],
    direction: Direction,
    counts: Mapping[str, Mapping[str, int]],
    taken: Keys,
) -> Iterator[tuple[str, str]]:
    """Yield the entries of a direction: words that are in use, each with its best translation."""
    source, target = direction
    other = target if source == "en" else source
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for pair in words:
        a, b = side(pair, source), side(pair, target)
        if pair.language == other and is_entry(a, counts[source]) and not ODD & {*b}:
            found[key_of(a)][b] += 1
    for key in sorted(found):
        best = max(found[key], key=lambda text: (found[key][text], frequency(text, counts[target])))
        if not text_keys([as_pair(key, best, direction, other)]) & taken:
            yield key, best


def as_pair(source: str, translation: str, direction: Direction, other: str) -> Pair:
    """Make a pair of an entry."""
    english, text = (source, translation) if direction[0] == "en" else (translation, source)
    return Pair(english, text, other, "word")


def is_entry(text: str, counts: Mapping[str, int]) -> bool:
    """Tell words that are in use, and not too many."""
    parts = text.casefold().split()
    return 0 < len(parts) <= MOST_WORDS and all(part in counts for part in parts)


def frequency(text: str, counts: Mapping[str, int]) -> int:
    """Give how often the rarest word of a text occurs."""
    return min((counts.get(part.casefold(), 0) for part in text.split()), default=0)


def save_rows(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write rows of cells."""
    save_text(path, "".join("\t".join(row) + "\n" for row in rows))
