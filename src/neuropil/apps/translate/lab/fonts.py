"""Fonts to render text with: those of a folder that have the letters of the four languages.

    fonts = find_fonts()
    font = fonts.choose("Käse", rng)        # one that has all of its letters
    font.load(24)

Which letters a font has is asked of the font itself: many draw an empty box for those they lack.
"""

from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path

from numpy.random import Generator
from PIL import ImageFont

from neuropil.apps.translate.alphabet import ASCII, CAPITAL, LATIN, SMALL
from neuropil.kit.errors import UserError

FOLDER = Path("/usr/share/fonts")
FEWEST = 20  # families; with fewer, a reader learns their shapes by heart
PACKAGES = (  # of Debian, all free: sans, serif, signs, receipts, hands
    "fonts-dejavu fonts-liberation fonts-noto-core fonts-roboto fonts-roboto-slab fonts-open-sans"
    " fonts-lato fonts-inter fonts-cantarell fonts-cabin fonts-dosis fonts-jura fonts-play"
    " fonts-quicksand fonts-comfortaa fonts-urw-base35 fonts-crosextra-carlito fonts-karla"
    " fonts-manrope fonts-sora fonts-opendin fonts-linuxlibertine fonts-ebgaramond"
    " fonts-crosextra-caladea fonts-vollkorn fonts-oldstandard fonts-quattrocento"
    " fonts-averia-gwf fonts-averia-sans-gwf fonts-averia-serif-gwf fonts-bebas-neue"
    " fonts-league-spartan fonts-yanone-kaffeesatz fonts-national-park fonts-allerta"
    " fonts-junction fonts-roadgeek fonts-gnutypewriter fonts-courier-prime fonts-hack"
    " fonts-firacode fonts-inconsolata fonts-ocr-b fonts-dancingscript fonts-lobster"
    " fonts-lobstertwo fonts-kaushanscript fonts-leckerli-one fonts-breip fonts-kristi"
    " fonts-comic-neue fonts-dkg-handwriting fonts-femkeklaver fonts-cabinsketch fonts-wqy-zenhei"
    " fonts-wqy-microhei fonts-vlgothic fonts-nanum fonts-droid-fallback"
)
LETTERS = frozenset(ASCII + SMALL + CAPITAL) - {" ", "ẞ"}
MOST_LACKED = 14  # of LETTERS; such a font is used for texts whose letters it has
UNFIT = (  # signs in place of letters, or capitals in place of small ones
    *("Symbol", "D050000L", "Keyboard", "Initials", "Math", "Smallcaps", "Titling", "Style Std"),
)
PROBED_AT = 24  # pixels, at which letters are compared
OPEN = 600  # fonts, each at a size, that are kept in memory
MISSING = "\U0010fffe"  # no character: what a font draws for it, it draws for all that it lacks


@dataclass(frozen=True)
class Font:
    """A font's file, its family, and the characters that it lacks."""

    path: Path
    family: str
    lacked: frozenset[str]
    has_small: bool  # False where small letters are drawn as capitals
    is_shaped: bool = False  # letters take the form that their neighbors ask for, as in Arabic

    def load(self, size: int) -> ImageFont.FreeTypeFont:
        """Open it at a size in pixels."""
        return load_font(self.path, size, self.is_shaped)


@dataclass(frozen=True)
class Fonts:
    """The fonts that are fit for text."""

    every: tuple[Font, ...]

    @cached_property
    def families(self) -> tuple[tuple[Font, ...], ...]:
        """List the fonts of each family: a family of many weights is not drawn more often."""
        found: dict[str, list[Font]] = {}
        for font in self.every:
            found.setdefault(font.family, []).append(font)
        return tuple(map(tuple, found.values()))

    def choose(self, text: str, rng: Generator) -> Font:
        """Draw a font that has all letters of a text, or the fullest where there is none."""
        letters = {*text}
        for _ in range(20):
            family = self.families[rng.integers(len(self.families))]
            font = family[rng.integers(len(family))]
            if not letters & font.lacked:
                return font
        return min(self.every, key=lambda font: len(font.lacked))


@lru_cache(OPEN)
def load_font(path: Path, size: int, is_shaped: bool = False) -> ImageFont.FreeTypeFont:
    """Open a font at a size in pixels."""
    engine = ImageFont.Layout.RAQM if is_shaped else ImageFont.Layout.BASIC
    return ImageFont.truetype(path, size, layout_engine=engine)


@cache
def find_fonts(folder: Path = FOLDER) -> Fonts:
    """Find the fonts of a folder and below; raises UserError where there are too few."""
    fonts = Fonts(tuple(font for path in list_fonts(folder) if (font := examine(path))))
    if len(fonts.families) < FEWEST:
        raise UserError(
            "data.missing",
            f"{folder} has {len(fonts.families)} families of fonts with the letters of English,"
            f" German, French and Spanish; {FEWEST} are needed. On Debian: apt-get install"
            f" --no-install-recommends {PACKAGES}",
            path=folder,
        )
    return fonts


def list_fonts(folder: Path) -> list[Path]:
    """List the files of fonts of a folder and below."""
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".ttf", ".otf", ".ttc"))


def examine(path: Path) -> Font | None:
    """Ask a font for its letters; None where it is no font, or none for text."""
    try:
        font = load_font(path, PROBED_AT)
        empty = bytes(font.getmask(MISSING))
        lacked = frozenset(c for c in LATIN if c != " " and is_lacked(font, c, empty))
    except (OSError, ValueError):
        return None
    family = font.getname()[0] or path.stem
    if len(lacked & LETTERS) > MOST_LACKED or any(word in family for word in UNFIT):
        return None
    has_small = bytes(font.getmask("a")) != bytes(font.getmask("A"))
    return Font(path, family, lacked, has_small)


def is_lacked(font: ImageFont.FreeTypeFont, character: str, empty: bytes) -> bool:
    """Tell a character that a font draws as it draws what it lacks, or not at all."""
    mask = bytes(font.getmask(character))
    return mask == empty or not any(mask)
