"""A text word for word: what lists know of it, in its order.

    Glossary.load("de", "en").translate("Gebratene Forelle mit Kräuterbutter")
        Gloss(text="Roasted trout with herb butter", known=1.0)

The longest run of words that a list has is taken; a word that none has is looked up without its
ending, a German one in two parts, then as one that was misread by a letter, which is half known. It
reads as a list does, and says what there is to eat.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from itertools import groupby
from types import MappingProxyType
from typing import NamedTuple

from neuropil.apps.translate.copying import ADDRESS
from neuropil.apps.translate.lexicon import (
    Lexicon,
    drop_accents,
    ending,
    key_of,
    read_rows,
    take_case,
)
from neuropil.apps.translate.preprocess import LANGUAGES

FIXED = rf"{ADDRESS}|[#@]\w+|(?=[\w-]*\d)\w(?:[.,:/-]?\w)*"  # addresses, codes, numbers
TOKEN = re.compile(  # what is never translated, a French article, an abbreviation, a word, a mark
    rf"{FIXED}|[dl]['’](?=\w)|[^\W\d_]{{1,3}}\.(?!\w)|[^\W\d_]+(?:[-'’][^\W\d_]+)*|\S",
    re.IGNORECASE,
)
FIXED_TOKEN = re.compile(FIXED, re.IGNORECASE)
CORE = re.compile(r"(\W*)(.*?)(\W*)", re.DOTALL)  # a text without quotes and marks around it
LONGEST_RUN = 5  # words that are looked up together
SHORTEST = 4  # letters of a word, and of a part of one, whose ending may be left out
ENDINGS = MappingProxyType(  # what a form ends in, and the word as lists have it
    {
        "en": (("s", ""), ("es", ""), ("ies", "y")),
        "de": (
            *((end, "") for end in ("n", "en", "e", "er", "es", "em", "s")),
            *((end, "en") for end in ("er", "es", "em", "e")),
        ),
        "fr": (("s", ""), ("x", ""), ("es", ""), ("e", ""), ("aux", "al")),
        "es": (("s", ""), ("es", ""), ("as", "o"), ("a", "o"), ("os", "o")),
    }
)
UMLAUTS = MappingProxyType({0xE4: "a", 0xF6: "o", 0xFC: "u"})  # ä, ö, ü
LEAST_MISREAD = 5  # letters of a word that may have been misread
LETTERS = "abcdefghijklmnopqrstuvwxyz"
ADJECTIVES_LAST = ("fr", "es")  # languages in which they stand behind their noun
FEMININES = MappingProxyType({"fr": 5, "es": 6})  # columns of ways.tsv
JOINTS = ("", "s", "n", "en", "es")  # between the parts of a German compound
MUTE = re.compile(r"[aeiouâàéèêîôœæy]|h(?!omard|areng|aricot|aché)", re.IGNORECASE)  # d'huile


class Gloss(NamedTuple):
    """A text word for word, and the share of its words that a list knew, 0..1."""

    text: str
    known: float


class Glossary:
    """What the lists of the package say from one language to another, word by word.

    links: articles, prepositions, conjunctions; ways: how something is prepared
    """

    def __init__(self, from_: str, to: str, links: dict[str, str], ways: dict[str, str]) -> None:
        self.from_, self.to, self.links, self.ways = from_, to, links, ways
        self.lexicon = Lexicon.load(from_, to)

    @classmethod
    @cache
    def load(cls, from_: str, to: str) -> "Glossary":
        """Read the lists of the package."""
        a, b = LANGUAGES.index(from_), LANGUAGES.index(to)
        links, ways = dict[str, str](), dict[str, str]()
        for cells in read_rows("links.tsv"):
            if cells[a] and cells[b]:
                links.setdefault(cells[a].casefold(), cells[b])
        for cells in read_rows("ways.tsv"):
            for form in (cells[a], *cells[FEMININES.get(from_, len(cells)) :][:1]):
                ways.setdefault(form.casefold(), cells[b])
        return cls(from_, to, links, ways)

    def translate(self, text: str) -> Gloss:
        """Translate a text word for word; what no list knows stays as it is, as do addresses."""
        whole = CORE.fullmatch(text)
        assert whole is not None  # each part may be empty
        before, text, behind = whole.groups()
        if self.to != "es":
            before = before.replace("¡", "").replace("¿", "")
        tokens = [found.group() for found in TOKEN.finditer(text)]
        pieces, sources = list[str](), list[str]()
        n_words, n_known = 0, 0.0
        for some, found in self.cut(tokens):
            words = sum(map(is_word, some))
            n_words += words
            n_known += words if found else 0
            if found is None and words and (found := self.find_misread(some[0])):
                n_known += 0.5
            sources.append(" ".join(some))
            pieces.append(found or sources[-1])
        if self.from_ == "en":
            pieces = order_from_english(sources, pieces, self.to)
        if self.to == "en" and self.from_ in ADJECTIVES_LAST:
            pieces = put_ways_first(pieces)
        made = take_case(join_pieces(pieces), text)
        return Gloss(f"{before}{made}{behind}", n_known / max(1, n_words))

    def cut(
        self, tokens: Sequence[str], longest: int = LONGEST_RUN
    ) -> Iterator[tuple[Sequence[str], str | None]]:
        """Cut a text into the longest runs that a list knows, each with its translation."""
        start = 0
        while start < len(tokens):
            runs = (tokens[start : start + n] for n in range(longest, 0, -1))
            known = ((run, found) for run in runs if (found := self.find(run)))
            run, found = next(known, (tokens[start : start + 1], None))
            yield run, found
            start += len(run)

    def find(self, run: Sequence[str]) -> str | None:
        """Look up a run of words; one that is alone also without its ending, or in two parts."""
        text = " ".join(run).replace("' ", "'").replace("’ ", "’")
        if not is_word(run[0]) or not is_word(run[-1]):
            return None
        if link := self.links.get(text.casefold()):
            return link
        found = self.find_way(text) if len(run) == 1 else None
        found = found or self.lexicon.entry(text)
        if found is None and len(run) == 1:
            found = self.find_form(text) or (self.find_parts(text) if self.from_ == "de" else None)
        return found and (found if self.to == "de" else lower_as(found, text)) + ending(text)

    def find_form(self, word: str) -> str | None:
        """Look up a word, and what it may be a form of; then as one that has lost its accents.

        German umlauts are none: schon and schön are two words.
        """
        forms = self.list_forms(key_of(word))
        whole = next((found for form in forms if (found := self.lexicon.entry(form))), None)
        may_lack = self.from_ in ("fr", "es") and len(forms[0]) > SHORTEST
        return whole or (self.lexicon.plain.get(forms[0]) if may_lack else None)

    def find_way(self, word: str) -> str | None:
        """Look up how something is prepared, in any form: other lists have fritos as a dish."""
        forms = self.list_forms(key_of(word))
        return next((found for form in forms if (found := self.ways.get(form))), None)

    def list_forms(self, key: str) -> list[str]:
        """List a word and what it may be a form of; in German also without umlaut: Hände, Hand."""
        forms = [key] + [
            key.removesuffix(end) + instead
            for end, instead in ENDINGS[self.from_]
            if key.endswith(end) and len(key) > SHORTEST
        ]
        if self.from_ == "de":
            undone = [form.translate(UMLAUTS) for form in [*forms[1:], key]]
            forms += [plain for plain in undone if plain not in forms]
        return forms

    def find_parts(self, word: str) -> str | None:
        """Look up a compound in two parts, the longest second one first: Kräuter-butter."""
        key = key_of(word)
        for cut in range(SHORTEST, len(key) - SHORTEST + 1):
            head = self.find_form(key[cut:].lstrip("-"))
            if head:
                stems = (key[:cut].rstrip("-").removesuffix(joint) for joint in JOINTS)
                first = next((f for stem in stems if stem and (f := self.find_form(stem))), None)
                if first:
                    return f"{first} {head}"
        return None

    def find_misread(self, word: str) -> str | None:
        """Look up words that differ by a letter, accents aside; the list that is right decides."""
        key = drop_accents(key_of(word))
        if len(key) < LEAST_MISREAD:
            return None
        known = self.lexicon.plain
        near = [each for each in set(change_letter(key)) if each in known]
        found = known[min(near, key=self.rank.__getitem__)] if near else None
        return found and (found if self.to == "de" else lower_as(found, word)) + ending(word)

    @cached_property
    def rank(self) -> dict[str, int]:
        """Number the entries, those of the lists that are right first."""
        return {key: n for n, key in enumerate(self.lexicon.plain)}


def change_letter(key: str) -> Iterator[str]:
    """Give what a word may be of which one letter was misread, missed, or read twice."""
    for place in range(len(key) + 1):
        before, after = key[:place], key[place:]
        yield before + after[1:]
        for letter in LETTERS:
            yield before + letter + after
            yield before + letter + after[1:]


@cache
def english_of(file: str) -> frozenset[str]:
    """List the English words of a list: those that say how something is prepared, or that link."""
    return frozenset(cells[0].casefold() for cells in read_rows(file))


def put_ways_first(pieces: Sequence[str]) -> list[str]:
    """Put what says how something is prepared in front of it: marinated salmon."""
    made: list[str] = []
    for piece in pieces:
        is_way = piece.casefold() in english_of("ways.tsv")
        if is_way and made and is_word(made[-1]) and made[-1] not in english_of("links.tsv"):
            made.insert(len(made) - 1, piece)
        else:
            made.append(piece)
    return made


def order_from_english(sources: Sequence[str], pieces: Sequence[str], to: str) -> list[str]:
    """Order what was English: salmon fillet, filet de saumon, Lachsfilet; ways behind, but German.

    sources: the English of each piece
    """
    made: list[str] = []
    kinds = map(kind_of, sources)
    for is_named, some in groupby(zip(kinds, pieces, strict=True), lambda pair: bool(pair[0])):
        run = [*some]
        if not is_named:
            made += [piece for _, piece in run]
            continue
        nouns = [piece for kind, piece in run if kind == "noun"]
        ways = [piece for kind, piece in run if kind == "way"]
        made += [*ways, join_compound(nouns)] if to == "de" else [join_with_of(nouns, to), *ways]
    return [piece for piece in made if piece]


def kind_of(english: str) -> str:
    """Tell a "noun" of the dishes, as "chicken soups", from a "way" to prepare them, else ""."""
    key = key_of(english)
    if key in english_of("ways.tsv"):
        return "way"
    last = key.rpartition(" ")[2]
    forms = (key, last, last.removesuffix("s"), last.removesuffix("es"))
    return "noun" if any(form in english_of("dishes.tsv") for form in forms) else ""


def join_compound(nouns: Sequence[str]) -> str:
    """Make one German word of nouns of which each tells more of the next: Lachsfilet."""
    plain = all(noun.isalpha() for noun in nouns)
    return "".join([*nouns[:1], *map(str.lower, nouns[1:])]) if plain else " ".join(nouns)


def join_with_of(nouns: Sequence[str], to: str) -> str:
    """Put the last of English nouns first, each of the next: filet de saumon, filete de salmón."""
    made = nouns[-1] if nouns else ""
    for noun in reversed(nouns[:-1]):
        made += f" d'{noun}" if to == "fr" and MUTE.match(noun) else f" de {noun}"
    return made


def join_pieces(pieces: Sequence[str]) -> str:
    """Set words and marks one behind the other, with a blank where one stands."""
    made = ""
    for piece in pieces:
        made += piece if made.endswith(("(", "/", "-")) or is_closing(piece) else f" {piece}"
    return made.strip()


def is_word(token: str) -> bool:
    """Tell a word from numbers, codes, addresses and marks."""
    return token[0].isalpha() and not FIXED_TOKEN.fullmatch(token)


def is_closing(piece: str) -> bool:
    """Tell a mark that stands at the end of a word, without a blank."""
    return piece in ",.;:!?)%/…-"


def lower_as(found: str, text: str) -> str:
    """Begin a translation with a small letter where the text does; lists begin with capitals."""
    return found[:1].lower() + found[1:] if text[:1].islower() else found
