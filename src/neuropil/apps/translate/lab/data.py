"""Text in two languages: sentences, phrases and words, and which of them teach.

    corpus = load_corpus(Path("shared/data/translate"))
    corpus.train.pairs[0]       Pair("Hi.", "Hallo!", "de", "sentence")

`parallel.zip` holds sentences of Tatoeba, phrases of OpenStreetMap and Open Food Facts and words of
Wiktionary; signs are written for this package, dishes, labels and notices composed of lists
(`composing`). The archive is sought in the named folder and the one above, and `mt200.*.tsv`, by
which translators are compared, in the folder or in `translate` below it. Sentences are split by a
hash of the English one. What mt200, the test or the validation part has in any language, and 300
phrases set aside for measuring, teach nothing.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Literal
from zipfile import BadZipFile, ZipFile

from numpy.random import default_rng

from neuropil.apps.translate.lab.composing import Lists
from neuropil.apps.translate.lexicon import read_rows as read_list
from neuropil.apps.translate.preprocess import LANGUAGES, normalize
from neuropil.kit.bounded import check_unpacked, read_bytes
from neuropil.kit.errors import UserError
from neuropil.training.split import Split

ARCHIVE = "parallel.zip"
MOST_BYTES = 500_000_000  # of the archive, unpacked
OTHERS = tuple(language for language in LANGUAGES if language != "en")
DIRECTIONS = tuple(d for other in OTHERS for d in ((other, "en"), ("en", other)))
PARTS = 100  # of the sentences, by hash: part 0 is for tests, part 1 validates
PHRASES = 50  # set aside for measuring, of each direction
LONGEST = 220  # characters of a text that teaches
LONGEST_WORD = 40  # characters of an entry of a dictionary; longer ones explain
ODD = re.compile(r"[():;=\[\]{}/|\d]")  # in a phrase: it is no plain one
ABOUT = re.compile(  # a word explained, where a translation should stand
    r"\b(?:form|spelling|plural|participle|inflection|synonym) of\b"
    r"|\bletter of the\b"  # x, the 25th
    r"|\b(?i:abbreviation|initialism|acronym) (?:of|for)\b"
    r"|\w (?:surname|(?:given|first) name)s?\b"  # Spanish surname, for Gómez
)
NOTE = re.compile(r"\s*(\(.*?\)|\[.*?\]|\{.*?\})")

Kind = Literal["sentence", "phrase", "word", "sign", "composed"]
Direction = tuple[str, str]  # source, target


@dataclass(frozen=True)
class Pair:
    """An English text and the same in another language."""

    english: str
    other: str
    language: str
    kind: Kind


def load_corpus(data: Path, composed: int = 0) -> Split[list[Pair]]:
    """Read what teaches, and the sentences that validate; raises UserError where a file is missing.

    A text of the validation part, also of another English sentence, is in no pair that teaches.

    composed: how many texts are composed of lists, and come with the signs that were written; with
        0 neither does
    """
    pairs = read_pairs(data)
    parts = split_sentences(pairs)
    apart = measured_keys(pairs, data)
    taken = apart | text_keys([*parts["test"], *parts["validation"]])
    others = (pair for pair in pairs if pair.kind != "sentence")
    written = write_pairs(composed) if composed else ()
    every = chain(parts["train"], others, written)
    train = [pair for pair in every if text_keys([pair]).isdisjoint(taken)]
    held_out = [pair for pair in parts["validation"] if text_keys([pair]).isdisjoint(apart)]
    return Split(train, held_out)


def write_pairs(composed: int) -> Iterator[Pair]:
    """Yield the signs that were written for this package, and so many texts composed of lists."""
    rng, lists = default_rng(composed), Lists.read()
    for row in read_list("signs.tsv"):
        yield from row_pairs(row, "sign")
    for _ in range(composed):
        yield from row_pairs(lists.compose(rng), "composed")


def measured_keys(pairs: Sequence[Pair], data: Path) -> set[tuple[str, str]]:
    """List the texts by which translators are measured."""
    set_aside = [pair for found in phrases(pairs).values() for pair in found]
    return text_keys([*read_peers_pairs(data), *set_aside])


def split_sentences(pairs: Iterable[Pair]) -> dict[str, list[Pair]]:
    """Split the sentences by their English into train, validation and test."""
    parts: dict[str, list[Pair]] = {"train": [], "validation": [], "test": []}
    names = {0: "test", 1: "validation"}
    for pair in pairs:
        if pair.kind == "sentence":
            parts[names.get(hash_text(pair.english) % PARTS, "train")].append(pair)
    return parts


def phrases(pairs: Iterable[Pair]) -> dict[Direction, list[Pair]]:
    """Choose the phrases that measure: of each direction, those whose source has the least hash.

    Plain ones of two words or more in the language that is translated.
    """
    pool = [pair for pair in pairs if pair.kind == "phrase" and is_plain(pair)]
    chosen = {}
    for source, target in DIRECTIONS:
        of_direction = {
            side(pair, source): pair
            for pair in pool
            if {source, target} == {"en", pair.language} and " " in side(pair, source)
        }
        order = sorted(of_direction, key=lambda text: hash_text(f"{source}-{target} {text}"))
        chosen[source, target] = [of_direction[text] for text in order[:PHRASES]]
    return chosen


def is_plain(pair: Pair) -> bool:
    """Tell a pair of texts without brackets, digits and lists of alternatives."""
    return not ODD.search(pair.english + pair.other)


def side(pair: Pair, language: str) -> str:
    """Give the text of a pair that is in a language."""
    return pair.english if language == "en" else pair.other


def hash_text(text: str) -> int:
    """Give a number that depends on a text alone."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16)


def text_keys(pairs: Iterable[Pair]) -> set[tuple[str, str]]:
    """Give all texts with their languages, such that case and final punctuation don't count."""
    return {
        (language, side(pair, language).casefold().rstrip(" .!?"))
        for pair in pairs
        for language in ("en", pair.language)
    }


# --- files --------------------------------------------------------------------------------------


def read_pairs(data: Path) -> list[Pair]:
    """Read all pairs of the archive, in order; raises UserError where it is missing or damaged."""
    path = find_file(ARCHIVE, (data, data.parent))
    try:
        with ZipFile(path) as archive:
            check_unpacked(archive, MOST_BYTES, "name the folder of the data by --data")
            return [*read_archive(archive)]
    except (BadZipFile, KeyError, UnicodeDecodeError) as error:
        words = f"{path} is damaged, or lacks a list ({error}); find a whole copy"
        raise UserError("input.damaged", words, path=path) from error


def read_archive(archive: ZipFile) -> Iterator[Pair]:
    """Yield the pairs of all lists, without those that are empty, alike or too long."""
    rows = partial(read_rows, archive)
    for other in OTHERS:
        for english, text, *_ in rows(f"sentences.{other}.tsv"):
            yield from make_pair(english, text, other, "sentence")
    for row in rows("short.places.tsv"):
        yield from row_pairs(row, "phrase")
    for row in rows("short.food.tsv"):
        yield from row_pairs(row[1:], "phrase")
    for other in OTHERS:
        for word, _, _, found, *_ in rows(f"words.en-{other}.tsv"):
            yield from word_pair(word, found, other)
    for other in ("es", "fr"):
        for word, _, _, found, *_ in rows(f"words.{other}-en.tsv"):
            yield from word_pair(found, word, other)


def read_rows(archive: ZipFile, name: str) -> Iterator[list[str]]:
    """Yield the cells of a list of the archive, line by line."""
    (full,) = [n for n in archive.namelist() if n.rpartition("/")[2] == name] or [name]
    for line in archive.read(full).decode("utf-8").splitlines():
        yield line.split("\t")


def row_pairs(row: Sequence[str], kind: Kind) -> Iterator[Pair]:
    """Yield the pairs of a row in four languages, in which a cell may be empty."""
    for other, text in zip(("de", "fr", "es"), row[1:], strict=False):
        yield from make_pair(row[0], text, other, kind)


def word_pair(english: str, text: str, other: str) -> Iterator[Pair]:
    """Yield an entry of a dictionary with its first translation, notes in brackets left out.

    Entries that explain ("obsolete spelling of ...") teach to write explanations.
    """
    short = [NOTE.sub("", each.partition(";")[0]).strip() for each in (english, text)]
    if max(map(len, short)) <= LONGEST_WORD and not ABOUT.search(short[0]):
        yield from make_pair(short[0], short[1], other, "word")


def make_pair(english: str, text: str, other: str, kind: Kind) -> Iterator[Pair]:
    """Yield a pair of normalized texts, unless one is empty or too long."""
    a, b = normalize(english), normalize(text)
    if a and b and max(len(a), len(b)) <= LONGEST:
        yield Pair(a, b, other, kind)


def read_peers_pairs(data: Path) -> list[Pair]:
    """Read the sentences of `mt200`, English with every translation and the other way round."""
    found = []
    for other in OTHERS:
        for name in (f"mt200.{other}.tsv", f"mt200.{other}-en.tsv"):
            path = find_file(name, (data, data / "translate"))
            text = read_bytes(path, MOST_BYTES, "name the folder of the data by --data")
            for line in text.decode("utf-8").splitlines():
                first, *rest = map(normalize, line.split("\t"))
                both = [(first, r) if name.endswith(f".{other}.tsv") else (r, first) for r in rest]
                found += [Pair(english, text, other, "sentence") for english, text in both]
    return found


def find_file(name: str, folders: Sequence[Path]) -> Path:
    """Find a file in one of some folders; raises UserError where it is in none."""
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    places = " or ".join(map(str, folders))
    words = f"there is no {name} in {places}; name the folder of the data by --data"
    raise UserError("data.missing", words, path=folders[0] / name)
