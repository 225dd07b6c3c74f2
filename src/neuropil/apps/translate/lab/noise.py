"""Text as a sign, a menu or a misread picture has it: what the network has to be robust to.

    shout("Vorfahrt für Fußgänger", "Give way to pedestrians", rng)

Every change takes a source, its translation and the chance; what is wrong with the source stays out
of the translation.
"""

import re
import unicodedata
from collections.abc import Callable
from types import MappingProxyType

from numpy.random import Generator

from neuropil.apps.translate.casing import upper_letter, upper_text

Texts = tuple[str, str]  # source, target
Change = Callable[[str, str, Generator], Texts]

MISREAD = 0.04  # share of the characters that are misread in a text with reading errors
JOINED = 0.03  # share of the blanks that are lost in it
LOOKALIKES = MappingProxyType(  # what a reader of pictures takes for each other
    {
        "l": "I1i",
        "i": "l1í",
        "I": "l1",
        "o": "0ó",
        "O": "0",
        "e": "cé",
        "c": "e",
        "u": "vü",
        "v": "u",
        "n": "ñr",
        "m": "n",
        "a": "áo",
        "t": "f",
        "f": "t",
        "h": "b",
        "b": "h",
        "g": "q",
        "s": "5",
        "B": "8",
        "S": "5",
        "ä": "a",
        "ö": "o",
        "ü": "u",
        "ß": "B",
        "é": "e",
        "è": "e",
        "ê": "e",
        "à": "a",
        "ç": "c",
        "ñ": "n",
        ".": ",",
        ",": ".",
    }
)


def strip_accents(text: str) -> str:
    """Leave accents out, as capitals often have none: É to E, ß to ss."""
    plain = text.replace("ß", "ss").replace("œ", "oe").replace("Œ", "OE")
    letters = (c for c in unicodedata.normalize("NFD", plain) if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", "".join(letters))


def shout(source: str, target: str, rng: Generator) -> Texts:
    """Set both in capitals, the source half the time without accents."""
    plain = strip_accents(source) if rng.random() < 0.5 else source
    return upper_text(plain), upper_text(target)


def lower(source: str, target: str, rng: Generator) -> Texts:
    """Set the source in small letters."""
    return source.lower(), target


def title(source: str, target: str, rng: Generator) -> Texts:
    """Begin every word of the source with a capital."""
    return " ".join(upper_letter(word[0]) + word[1:] for word in source.split()), target


def lose_accents(source: str, target: str, rng: Generator) -> Texts:
    """Leave the source's accents out."""
    return strip_accents(source), target


def lose_stop(source: str, target: str, rng: Generator) -> Texts:
    """Leave out the full stop at the end of both."""
    return source.removesuffix("."), target.removesuffix(".")


def misread(source: str, target: str, rng: Generator) -> Texts:
    """Misread a few characters of the source, lose some and some blanks."""
    chances = rng.random(len(source))
    made = [misread_character(c, p, rng) for c, p in zip(source, chances, strict=True)]
    return "".join(made).strip() or source, target


def misread_character(character: str, chance: float, rng: Generator) -> str:
    """Take a character for another one, or for none, where the chance, 0..1, is small enough."""
    if character == " ":
        return "" if chance < JOINED else " "
    if chance >= MISREAD or character.isdigit():
        return character
    alike = LOOKALIKES.get(character, "")
    return alike[int(rng.integers(len(alike)))] if alike and chance < 0.8 * MISREAD else ""


CHANGES: tuple[tuple[float, Change], ...] = (  # share, and how
    (0.09, shout),
    (0.05, lower),
    (0.06, title),
    (0.06, lose_accents),
    (0.06, lose_stop),
    (0.11, misread),
)


def add_noise(source: str, target: str, rng: Generator) -> Texts:
    """Change a pair in one of the ways, or leave it, as most are."""
    chance = rng.random()
    for share, change in CHANGES:
        if chance < share:
            return change(source, target, rng)
        chance -= share
    return source, target


# --- names and numbers --------------------------------------------------------------------------

TOM = re.compile(r"\bTom\b")
SWAPPED = 0.85  # share of the pairs with Tom in which somebody else takes his place
NAMES = tuple(  # of men, none of which begins with a vowel: French "de Tom" would become "d'Ali"
    "Ben Bernd Bruno Carlos Claude Daniel David Diego Dieter Felix Frank Fritz Georg George Gerd "
    "Jack James Jan Jean Jim Joe John José Juan Jürgen Karl Kevin Kurt Lars Louis Luc Lucas Luis "
    "Lukas Manuel Marc Mark Martin Matthias Max Michael Miguel Mike Nicolas Pablo Paco Patrick "
    "Paul Pedro Peter Philippe Pierre Ramón Raúl René Richard Robert Roger Samuel Sergio Simon "
    "Stefan Thomas Tim Walter Will Wolfgang Xavier Yannick Yves".split()
)
ONSETS = "b br c ch d dr f g gr j k kr l m n p pr r s sch st t tr v w z".split()
VOWELS = "a e i o u ai au ei ie ou é ä ö ü".split()
CODAS = "n r s l t ck nd tz rt m ng ll x".split()
SYLLABLES = (0.25, 0.65, 1.0)  # shares of made-up names of up to one, two, three syllables


def swap_name(source: str, target: str, rng: Generator) -> Texts:
    """Let somebody else do what Tom does, who is in every sixth sentence of the data.

    Half of them are names that nobody has, which can only be copied.
    """
    if len(TOM.findall(source)) != len(TOM.findall(target)) or rng.random() >= SWAPPED:
        return source, target
    name = make_name(rng) if rng.random() < 0.5 else NAMES[int(rng.integers(len(NAMES)))]
    return TOM.sub(name, source), TOM.sub(name, target)


def make_name(rng: Generator) -> str:
    """Make up a name, or a number to be copied in its place."""
    if rng.random() < 0.2:
        return make_number(rng)
    n = 1 + sum(rng.random() > share for share in SYLLABLES[:2])
    lists = [part for _ in range(n) for part in (ONSETS, VOWELS)] + [CODAS]
    return "".join(part[int(rng.integers(len(part)))] for part in lists).capitalize()


def make_number(rng: Generator) -> str:
    """Make up a number, a price or a time."""
    whole = int(rng.integers(1, 10 ** int(rng.integers(1, 5))))
    cents = int(rng.integers(100))
    return (
        f"{whole}",
        f"{whole},{cents:02}",
        f"{whole}.{cents:02}",
        f"{whole % 24}:{cents % 60:02}",
    )[int(rng.integers(4))]


def add_price(source: str, target: str, rng: Generator) -> Texts:
    """Put the same price or number before a phrase or behind it, as menus and labels do."""
    number = make_number(rng) + ("", " €", "€", " g", " %")[int(rng.integers(5))]
    if rng.random() < 0.6:
        return f"{source} {number}", f"{target} {number}"
    return f"{number} {source}", f"{number} {target}"
