"""What is written on rendered lines: signs, menus, labels, prices, codes of four languages.

Sentences, phrases and words are those of the translator's data; prices and codes are made up.

    texts = read_texts(Path("shared/data/translate"))
    texts.train["fr"].draw(rng)         "Soupe à l'oignon 6,50 €"
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from neuropil.apps.translate.alphabet import LATIN, encode, unify
from neuropil.apps.translate.lab.data import (
    ARCHIVE,
    Pair,
    find_file,
    load_corpus,
    read_rows,
    side,
)
from neuropil.apps.translate.lab.notices import NOTICES
from neuropil.apps.translate.preprocess import LANGUAGES
from neuropil.kit.errors import UserError
from neuropil.training.split import Split

COMPOSED = 10_000  # phrases that are composed of lists, about as many as others
PHRASES = ("phrase", "sign", "composed")  # kinds of pairs
MOST_WORDS = 7  # of a sentence on one line
LONGEST = 60  # characters of a line
HYPHENATED = 0.08  # share of the lines that end within a word
UNACCENTED = 0.3  # share of the French and Spanish capitals that have lost their accents
EVENNESS = 0.5  # power of a word's count by which it is drawn, so that rare ones are seen too

Draw = Callable[[Generator], str]


@dataclass(frozen=True, eq=False)
class LanguageTexts:
    """What is written in a language: sentences, phrases, and words, each as often as they occur."""

    language: str
    sentences: tuple[str, ...]
    phrases: tuple[str, ...]
    words: tuple[str, ...]
    reach: NDArray[np.float64]  # of the words, how often each is drawn, added up

    def draw(self, rng: Generator) -> str:
        """Write a line: unified, of at most LONGEST characters, all of which the reader knows."""
        kinds: Sequence[Draw] = (
            *(self.draw_sentence, self.draw_phrase, self.draw_words, self.draw_notice),
        )
        while True:
            kind = rng.choice(len(KIND_SHARES), p=KIND_SHARES)
            if kind < len(kinds):
                text = vary_case(kinds[kind](rng), self.language, rng)
            elif kind == len(kinds):
                name = vary_case(self.draw_phrase(rng), self.language, rng)
                text = f"{name} {draw_leader(rng)}{draw_sign(rng)}"
            else:
                text = draw_sign(rng) if kind == len(kinds) + 1 else draw_characters(rng)
            text = unify(text)[:LONGEST].strip()
            if text and encode(text) is not None:
                return text

    def draw_sentence(self, rng: Generator) -> str:
        """Take a few words out of a sentence."""
        words = self.sentences[rng.integers(len(self.sentences))].split()
        n = int(rng.integers(1, MOST_WORDS + 1))
        start = int(rng.integers(max(1, len(words) - n + 1)))
        some = words[start : start + n]
        if rng.random() < HYPHENATED and len(some[-1]) > 5:
            some[-1] = some[-1][: int(rng.integers(3, len(some[-1]) - 1))] + "-"
        return " ".join(some)

    def draw_phrase(self, rng: Generator) -> str:
        """Take the name of a place, a dish or something on a label."""
        return self.phrases[rng.integers(len(self.phrases))]

    def draw_notice(self, rng: Generator) -> str:
        """Take what stands on a sign."""
        notices = NOTICES[self.language]
        return notices[int(rng.integers(len(notices)))]

    def draw_words(self, rng: Generator) -> str:
        """Take one word, or two or three."""
        n = int(rng.choice([1, 1, 1, 2, 3]))
        places = np.searchsorted(self.reach, rng.random(n) * self.reach[-1], side="right")
        return " ".join(self.words[i] for i in places)


KIND_SHARES = (0.22, 0.21, 0.23, 0.06, 0.1, 0.12, 0.06)
"""Of sentences, phrases, words, notices, phrases with a sign, signs, characters in no order."""


def read_texts(data: Path) -> Split[Mapping[str, LanguageTexts]]:
    """Read what is rendered, by language; held-out texts are sentences that nothing else learns.

    Raises UserError where a file is missing or damaged.
    """
    corpus = load_corpus(data, COMPOSED)
    lists = read_frequencies(find_file(ARCHIVE, (data, data.parent)))
    train = {name: collect(corpus.train, name, lists[name]) for name in LANGUAGES}
    held_out = {
        name: LanguageTexts(name, sentences_of(corpus.held_out, name), *vars_of(train[name]))
        for name in LANGUAGES
    }
    return Split(train, held_out)


def vars_of(texts: LanguageTexts) -> tuple[tuple[str, ...], tuple[str, ...], NDArray[np.float64]]:
    """Give phrases and words, of which there are too few to hold some out."""
    return texts.phrases, texts.words, texts.reach


def sentences_of(pairs: Sequence[Pair], language: str) -> tuple[str, ...]:
    """List the sentences of a language, each once."""
    of_language = (p for p in pairs if p.kind == "sentence" and language in ("en", p.language))
    return tuple(dict.fromkeys(side(pair, language) for pair in of_language))


def collect(pairs: Sequence[Pair], language: str, counts: Mapping[str, int]) -> LanguageTexts:
    """Collect what is written in a language."""
    phrases = dict.fromkeys(
        side(pair, language)
        for pair in pairs
        if pair.kind in PHRASES and language in ("en", pair.language)
    )
    reach = np.cumsum(np.array([*counts.values()], np.float64) ** EVENNESS)
    return LanguageTexts(
        language, sentences_of(pairs, language), tuple(phrases), tuple(counts), reach
    )


def read_frequencies(path: Path) -> dict[str, dict[str, int]]:
    """Read how often words occur, by language; raises UserError where the archive lacks a list."""
    try:
        with ZipFile(path) as archive:
            rows = {n: [*read_rows(archive, f"frequency.{n}.txt")] for n in LANGUAGES}
    except (BadZipFile, KeyError, UnicodeDecodeError) as error:
        words = f"{path} is damaged, or lacks a list ({error}); find a whole copy"
        raise UserError("input.damaged", words, path=path) from error
    return {
        name: {word: int(n) for word, _, n in (cells[0].partition(" ") for cells in found)}
        for name, found in rows.items()
    }


# --- case ---------------------------------------------------------------------------------------


def vary_case(text: str, language: str, rng: Generator) -> str:
    """Write a text as it is, or all in capitals, or with a capital for each word, or for none."""
    kind = rng.random()
    if kind < 0.3:
        capitals = text.upper()
        drops = language in ("fr", "es") and rng.random() < UNACCENTED
        return drop_accents(capitals) if drops else capitals
    if kind < 0.45:
        return " ".join(word[:1].upper() + word[1:] for word in text.split())
    return text.lower() if kind < 0.5 else text


def drop_accents(text: str) -> str:
    """Leave out accents, as in capitals of signs; ñ stays, which is a letter of its own."""
    parts = (c if c in "Ññ" else unicodedata.normalize("NFD", c)[0] for c in text)
    return "".join(parts)


# --- numbers ------------------------------------------------------------------------------------


def draw_sign(rng: Generator) -> str:
    """Write a price, a date, a time, a code, a number with its unit, an address."""
    kinds: tuple[Draw, ...] = (
        *(draw_price, draw_price, draw_price, draw_date, draw_time, draw_code, draw_amount),
        *(draw_telephone, draw_address, draw_number),
    )
    return kinds[int(rng.integers(len(kinds)))](rng)


def pick(rng: Generator, words: str) -> str:
    """Draw one of some words, `_` of which stand for blanks; "-" stands for none."""
    choices = words.split()
    found = choices[rng.integers(len(choices))]
    return "" if found == "-" else found.replace("_", " ")


def draw_price(rng: Generator) -> str:
    """Write a price: 12,50 €, € 3.–, $5.99, 1.250,00 EUR."""
    whole = int(np.exp(rng.uniform(0, 7.5)))
    cents = ["50", "00", "90", "99", "95", f"{rng.integers(100):02}"][rng.integers(6)]
    number = f"{whole:,}".replace(",", pick(rng, ". , '"))
    number += pick(rng, ", . ,") + cents if rng.random() < 0.85 else pick(rng, "- ,– .–")
    sign = pick(rng, "€ € € EUR $ £ CHF Fr. Euro Bs.")
    if rng.random() < 0.3:
        return number
    blank = pick(rng, "- _")
    return f"{number}{blank}{sign}" if rng.random() < 0.7 else f"{sign}{blank}{number}"


def draw_leader(rng: Generator) -> str:
    """Draw the dots that lead from a name to its price in a third of the menus."""
    return f"{'.' * int(rng.integers(3, 15))} " if rng.random() < 0.35 else ""


def draw_date(rng: Generator) -> str:
    """Write a date: 03.11.2024, 3/11/24, 2024-11-03."""
    d, m, y = int(rng.integers(1, 32)), int(rng.integers(1, 13)), int(rng.integers(1940, 2031))
    forms: tuple[str, ...] = (
        f"{d:02}.{m:02}.{y}",
        f"{d}.{m}.{y}",
        f"{d:02}/{m:02}/{y}",
        f"{d}/{m}/{y % 100:02}",
    )
    forms += (f"{y}-{m:02}-{d:02}", f"{m:02}/{y}", f"{d:02}.{m:02}.{y % 100:02}", f"{y}")
    return forms[rng.integers(len(forms))]


def draw_time(rng: Generator) -> str:
    """Write a time, or two of them: 8:30, 14h30, 9.00 - 18.00 Uhr."""
    mark = pick(rng, ": : . h")
    first, second = (f"{rng.integers(24)}{mark}{rng.integers(12) * 5:02}" for _ in range(2))
    if rng.random() < 0.5:
        return first + pick(rng, "- - _Uhr _h _am _pm")
    return f"{first}{pick(rng, '- – _-_ _–_ _bis_ _à_ _a_')}{second}{pick(rng, '- - _Uhr _h')}"


def draw_code(rng: Generator) -> str:
    """Write a code of letters and digits: E 330, L-4021B, 4 006381 333931."""
    if rng.random() < 0.2:
        return f"E{pick(rng, '- _')}{rng.integers(100, 1000)}"
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    made = "".join(letters[i] for i in rng.integers(len(letters), size=rng.integers(2, 10)))
    cut = int(rng.integers(1, len(made)))
    return made[:cut] + pick(rng, "- - - _ / .") + made[cut:]


def draw_amount(rng: Generator) -> str:
    """Write a number with its unit: 250 g, 1,5 l, 20 %, 37 °C."""
    number = f"{np.exp(rng.uniform(-1, 6)):.{rng.integers(3)}f}".replace(".", pick(rng, ", ."))
    unit = pick(rng, "g kg ml l cl L % °C km m cm mm m² km/h kcal kJ mg µg Stk. x pers. %vol min")
    return number + pick(rng, "- _") + unit


def draw_telephone(rng: Generator) -> str:
    """Write a telephone number."""
    digits = "".join(map(str, rng.integers(10, size=rng.integers(6, 12))))
    parts = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    return pick(rng, "- Tel.:_ Tel._ +49_ 0 +33_ (0) Fax_ +34_") + pick(rng, "_ / . -").join(parts)


def draw_address(rng: Generator) -> str:
    """Write the address of a page or of a letter box."""
    name = "".join(
        "abcdefghijklmnoprstuvwz-"[i] for i in rng.integers(24, size=rng.integers(3, 13))
    )
    name, end = name.strip("-") or "info", pick(rng, "de com fr es org net ch at co.uk eu")
    form = pick(rng, "www.{}.{} {}.{} info@{}.{} https://{}.{} www.{}.{}")
    return form.format(name, end)


def draw_number(rng: Generator) -> str:
    """Write a number, alone or with what stands before numbers."""
    before = pick(rng, "- - - Nr._ No._ N°_ nº_ # +_ × § Art._ Seite_ p._")
    return f"{before}{int(np.exp(rng.uniform(0, 10)))}"


def draw_characters(rng: Generator) -> str:
    """Write characters in no order, so that the rare ones are learned too."""
    made = [LATIN[i] for i in rng.integers(len(LATIN), size=rng.integers(1, 9))]
    return "".join(made)
