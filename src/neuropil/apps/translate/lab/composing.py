"""Dishes, lists of ingredients, labels and notices, composed of words in all four languages.

Menus and packages say what sentences do not: "Gebratene Forelle mit Mandelbutter", "Grilled trout
with almond butter". The words and patterns were written for this package; `lexicon/dishes.tsv` has
the nouns with their genders, `lexicon/ways.tsv` ways to prepare them (d, f, s: a form that stays as
it is in German, French, Spanish; then irregular feminines), `patterns/` the rest.

    Lists.read().compose(default_rng(0))    ("Baked trout", "Gebackene Forelle", "Truite ...", ...)
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from numpy.random import Generator

from neuropil.apps.translate.casing import upper_letter
from neuropil.apps.translate.glossing import MUTE
from neuropil.apps.translate.lexicon import read_rows

FOLDER = Path(__file__).with_name("patterns")
Texts = tuple[str, str, str, str]  # English, German, French, Spanish
SLOT = re.compile(r"\{(de |du )?(\w)(\+)?\}")
PLURAL = "PMF"  # genders of words that stand in the plural
KINDS = (0.5, 0.12, 0.38)  # shares of dishes, lists of ingredients, labels and notices
WITH = 0.55  # share of the dishes that come with something
PREPARED = 0.45  # share of the things of which it is said how they are prepared
TITLED = 0.3  # share of the texts in which all longer words begin with a capital


class Named(NamedTuple):
    """Something on a plate: its name, its genders (German, French, Spanish), its dative."""

    texts: Texts
    genders: str
    dative: str


class Noun(NamedTuple):
    """A word of the list, and how it stands in front of another: "tomato soup", "Tomatensuppe"."""

    named: Named
    modifier: str
    stem: str


@dataclass(frozen=True, eq=False)
class Lists:
    """All words and patterns."""

    nouns: Sequence[Noun]
    ways: Sequence[Sequence[str]]  # to prepare something
    dishes: Sequence[Sequence[str]]  # that something is made into
    phrases: Sequence[Sequence[str]]  # with slots
    words: Mapping[str, Sequence[Named]]  # for the slots, by letter

    @classmethod
    def read(cls) -> "Lists":
        """Read the lists of the package."""
        dishes, phrases, words = (
            [*read_rows(f"{name}.tsv", FOLDER)] for name in ("dishes", "phrases", "words")
        )
        grouped = groupby(words, key=lambda row: row[0])
        named = {letter: [read_word(row[1:]) for row in rows] for letter, rows in grouped}
        nouns = [read_noun(row) for row in read_rows("dishes.tsv")]
        return cls(nouns, [*read_rows("ways.tsv")], dishes, phrases, named)

    def compose(self, rng: Generator) -> Texts:
        """Compose a text in all languages."""
        kinds: Sequence[Callable[[Generator], Texts]] = (
            *(self.compose_dish, self.compose_ingredients, self.compose_phrase),
        )
        texts = kinds[rng.choice(len(kinds), p=KINDS)](rng)
        change = capitalize_words if rng.random() < TITLED else upper_first
        english, german, french, spanish = map(change, texts)
        return english, german, french, spanish

    def compose_dish(self, rng: Generator) -> Texts:
        """Compose a dish, half of the time with what comes with it."""
        dish = self.draw_named(rng)
        if rng.random() > WITH:
            return dish.texts
        beside = [self.draw_named(rng) for _ in range(rng.integers(1, 4))]
        chance = rng.random()
        if chance < 0.12:
            return glue(dish.texts, (" in ", " in ", " à ", " en "), beside[0], beside[0].dative)
        if chance < 0.2:
            return glue(dish.texts, (" on ", " auf ", " sur ", " sobre "), beside[0])
        a, b, c, d = join_all(beside, dative=True)
        french = french_article(beside[0]) if chance < 0.6 else "avec "
        there = (" with ", " mit ", f" {french}", " con ")
        return glue(dish.texts, there, Named((a, b, c, d), "", b))

    def draw_named(self, rng: Generator) -> Named:
        """Draw a thing or something made of it, and how it is prepared."""
        noun = self.nouns[int(rng.integers(len(self.nouns)))]
        named = noun.named
        if rng.random() < 0.5 and noun.named.genders[0] != "x":
            named = make_dish(self.dishes[int(rng.integers(len(self.dishes)))], noun)
        if rng.random() < PREPARED and named.genders[0] != "x":
            named = prepare(named, self.ways[int(rng.integers(len(self.ways)))])
        return named

    def compose_ingredients(self, rng: Generator) -> Texts:
        """Compose what a package lists: some with their share, some with what they are made of."""
        heads = ("Ingredients: ", "Zutaten: ", "Ingrédients: ", "Ingredientes: ")
        columns: list[list[str]] = [[], [], [], []]
        for _ in range(rng.integers(2, 8)):
            noun = self.nouns[int(rng.integers(len(self.nouns)))]
            share = f" {rng.integers(1, 100)} %" if rng.random() < 0.2 else ""
            for column, text in zip(columns, noun.named.texts, strict=True):
                column.append(text + share)
        end = "." if rng.random() < 0.6 else ""
        told = heads if rng.random() < 0.6 else ("",) * 4
        made = [a + ", ".join(column) + end for a, column in zip(told, columns, strict=True)]
        return made[0], made[1], made[2], made[3]

    def compose_phrase(self, rng: Generator) -> Texts:
        """Fill the slots of a label or a notice, each with the same in all languages."""
        row = self.phrases[int(rng.integers(len(self.phrases)))]
        fills: dict[str, Named] = {}
        for _, letter, _ in SLOT.findall(row[0]):
            fills[letter] = self.fill(letter, rng)
        made = [fill_slots(text, fills, column) for column, text in enumerate(row)]
        return made[0], made[1], made[2], made[3]

    def fill(self, letter: str, rng: Generator) -> Named:
        """Draw what stands in a slot: a, b, c things; n, m numbers; h, i hours; others words."""
        if letter in "abc":
            return self.draw_named(rng) if rng.random() < 0.3 else self.draw_plain(rng)
        if letter in "nmhi":
            number = str(rng.integers(1, 25 if letter in "hi" else 10 ** int(rng.integers(1, 4))))
            return Named((number,) * 4, "", number)
        words = self.words["d" if letter == "e" else letter]
        return words[int(rng.integers(len(words)))]

    def draw_plain(self, rng: Generator) -> Named:
        """Draw a thing as it is."""
        return self.nouns[int(rng.integers(len(self.nouns)))].named


def read_noun(row: Sequence[str]) -> Noun:
    """Read a line: four texts, three genders, and where they differ modifier, stem and dative."""
    english, german, french, spanish, genders, *rest = row
    modifier, stem, dative = [*rest, "", "", ""][:3]
    named = Named((english, german, french, spanish), genders, dative or german)
    return Noun(named, modifier or english, stem or german)


def read_word(row: Sequence[str]) -> Named:
    """Read a word that stands in a slot; its dative, where it differs, comes last."""
    english, german, french, spanish, *dative = row
    return Named((english, german, french, spanish), "", dative[0] if dative else german)


# --- grammar ------------------------------------------------------------------------------------


def make_dish(pattern: Sequence[str], noun: Noun) -> Named:
    """Make a soup, a salad, a fillet of a thing."""
    english, german, d, french, f, spanish, s = pattern
    thing = noun.named.texts[2]
    french = french.replace("{de}", french_of(thing)).replace("{à}", french_with(noun.named))
    compound = join_stem(noun.stem, german) if german.startswith("{}") else ""
    texts = (
        english.format(noun.modifier if english.startswith("{}") else noun.named.texts[0]),
        compound or german.format(noun.named.dative),
        french,
        spanish.format(noun.named.texts[3]),
    )
    return Named(texts, d + f + s, dative_of(texts[1], d))


def join_stem(stem: str, german: str) -> str:
    """Join the parts of a compound: Tomatensuppe, Rote-Bete-Suppe."""
    head = german.removeprefix("{}")
    return stem + (upper_letter(head[0]) + head[1:] if stem.endswith("-") else head)


def dative_of(german: str, gender: str) -> str:
    """Give the dative of a plural; other nouns have none without an article."""
    needs = gender == "P" and german[-1] not in "ns" and not german.endswith(("i", "o", "a"))
    return german + "n" if needs else german


def prepare(named: Named, way: Sequence[str]) -> Named:
    """Say how something is prepared: grilled trout, gegrillte Forelle, truite grillée."""
    english, german, french, spanish, fixed, feminine, femenina = [*way, "", "", ""][:7]
    d, f, s = (*named.genders,)
    texts = named.texts
    if "d" in fixed:
        made, dative = f"{texts[1]} {german}", f"{named.dative} {german}"
    else:
        ends = {"m": ("er", "em"), "f": ("e", "er"), "n": ("es", "em"), "P": ("e", "en")}[d]
        made, dative = f"{german}{ends[0]} {texts[1]}", f"{german}{ends[1]} {named.dative}"
    french = french if "f" in fixed else french_adjective(french, feminine, f)
    spanish = spanish if "s" in fixed else spanish_adjective(spanish, femenina, s)
    texts = (f"{english} {texts[0]}", made, f"{texts[2]} {french}", f"{texts[3]} {spanish}")
    return Named(texts, "x" + f + s, dative)


def french_adjective(masculine: str, feminine: str, gender: str) -> str:
    """Inflect an adjective: grillé, grillées; a feminine without a rule is told."""
    feminine = feminine or (masculine if masculine.endswith("e") else masculine + "e")
    form = feminine if gender in "fF" else masculine
    return form + "s" if gender in PLURAL and form[-1] not in "sx" else form


def spanish_adjective(masculine: str, feminine: str, gender: str) -> str:
    """Inflect an adjective: asado, asados; a feminine without a rule is told."""
    feminine = feminine or (masculine[:-1] + "a" if masculine.endswith("o") else masculine)
    form = feminine if gender in "fF" else masculine
    if gender not in PLURAL:
        return form
    if form[-1] in "aeo":
        return form + "s"
    plain = str.maketrans("áéíóú", "aeiou")
    return form[:-2] + form[-2:].translate(plain) + "es"


def french_of(text: str) -> str:
    """Put "de" before a noun."""
    return f"d'{text}" if MUTE.match(text) else f"de {text}"


def french_with(named: Named) -> str:
    """Say what a dish is made with: au jambon, à la crème, à l'huile, aux amandes."""
    return french_article(named) + named.texts[2]


def french_article(named: Named) -> str:
    """Give what stands before what a dish is made with."""
    gender = named.genders[1]
    if gender in PLURAL:
        return "aux "
    if MUTE.match(named.texts[2]):
        return "à l'"
    return "au " if gender == "m" else "à la "


def french_some(named: Named) -> str:
    """Put the partitive article before a noun: du, de la, de l', des."""
    text, gender = named.texts[2], named.genders[1]
    if gender in PLURAL:
        return f"des {text}"
    if MUTE.match(text):
        return f"de l'{text}"
    return f"du {text}" if gender == "m" else f"de la {text}"


def join_all(things: Sequence[Named], *, dative: bool) -> Texts:
    """List things: "a, b and c"."""
    columns = [[thing.texts[n] for thing in things] for n in range(4)]
    if dative:
        columns[1] = [thing.dative for thing in things]
    ands = (" and ", " und ", " et ", " y ")
    made = [
        ", ".join(column[:-1]) + (word if len(column) > 1 else "") + column[-1]
        for column, word in zip(columns, ands, strict=True)
    ]
    return made[0], made[1], made[2], made[3]


def glue(texts: Texts, words: Sequence[str], other: Named, dative: str = "") -> Texts:
    """Put words of each language between a text and another."""
    others = [*other.texts]
    others[1] = dative or others[1]
    made = [a + word + b for a, word, b in zip(texts, words, others, strict=True)]
    return made[0], made[1], made[2], made[3]


def fill_slots(text: str, fills: Mapping[str, Named], column: int) -> str:
    """Put words into a text; `+` asks for the dative, `de` and `du` for their French articles."""

    def fill(slot: re.Match[str]) -> str:
        article, letter, dative = slot.groups()
        named = fills[letter]
        if article:
            return french_of(named.texts[column]) if article == "de " else french_some(named)
        return named.dative if dative else named.texts[column]

    return SLOT.sub(fill, text)


# --- case ---------------------------------------------------------------------------------------


def upper_first(text: str) -> str:
    """Begin a text with a capital."""
    return upper_letter(text[0]) + text[1:]


def capitalize_words(text: str) -> str:
    """Begin its words with capitals, as menus do; short ones between them stay small."""
    words = text.split(" ")
    return " ".join(
        upper_letter(word[0]) + word[1:] if word and (len(word) > 3 or n == 0) else word
        for n, word in enumerate(words)
    )
