"""A page that was read: which of its blocks are translated, and why the others stay as they are.

    blocks = translate_page(lines, tell, translate, to="en", from_=None, least=0.5)
    picture = replace_texts(pixels, replacements(lines, blocks), kept_quads(lines, blocks))

L  languages

What reads and what translates is given from outside: networks when it runs, anything in a test.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.translate.alphabet import foreign_script
from neuropil.apps.translate.blocks import LineText, TextBlock, count_letters, group
from neuropil.apps.translate.copying import COPIED
from neuropil.apps.translate.geometry import Quad, axes
from neuropil.apps.translate.hours import tell_language
from neuropil.apps.translate.language import WORD, name_language
from neuropil.apps.translate.lines import size_of
from neuropil.apps.translate.preprocess import LANGUAGES, NAMES
from neuropil.apps.translate.repeating import tell_first
from neuropil.apps.translate.replacing import Replacement
from neuropil.apps.translate.tails import DOT_SIGNS, DOTS, PRICES, cut_quad, split_tail
from neuropil.apps.translate.translator import LEAST_SCORE, Translation

Translate = Callable[[Sequence[str], str, str], list[Translation]]  # of texts, to, from
TellLanguages = Callable[[Sequence[str]], NDArray[np.float32]]  # texts: probabilities (B, L)

TRUSTED = 0.7  # confidence from which a line is translated: below it four of five are misread
FEWEST_LETTERS = 2  # of a word that is translated
OTHERWISE = 0.3  # weight of a language that nothing else on the page is in


@dataclass(frozen=True, eq=False)
class TextLine:
    """A line that was found and read.

    quad: in pixels of the picture (4, 2)
    confidence: of the reader, 0..1
    tail: the share of its length from which it stays as it is; None where all of it is replaced
    """

    quad: Quad
    text: str
    confidence: float
    tail: float | None = None


@dataclass(frozen=True)
class TranslatedBlock:
    """Lines that are one text, their text, and what it became.

    lines: their numbers among the lines of the picture, from 0, in reading order
    language: of the whole block, None where it is not known
    translation: the text itself where it was kept
    kept: why it stays as it is, None where it was translated
    word_for_word: translated by lists alone, since the network was at a loss
    """

    lines: tuple[int, ...]
    text: str
    language: str | None
    translation: str
    kept: str | None
    word_for_word: bool = False

    def __str__(self) -> str:
        """Word it in a line."""
        note = " (word for word)" if self.word_for_word else ""
        made = f"kept: {self.kept}" if self.kept else f"{self.translation}{note}"
        return f"{self.text}  ->  {made}"


def name_languages(
    texts: Sequence[str], tell: TellLanguages, from_: str | None
) -> list[str | None]:
    """Name the language of each text of a page: the one that is given, or the likeliest.

    Of opening hours the likeliest of those whose list has all of their words; of what says one
    thing in several languages the first.
    """
    told = weigh_by_others(texts, tell(texts))
    chances = [dict(zip(LANGUAGES, map(float, p), strict=True)) for p in told]
    return [
        from_ or tell_language(text, each) or tell_first(text) or name_language(p).language
        for text, each, p in zip(texts, chances, told, strict=True)
    ]


def weigh_by_others(texts: Sequence[str], told: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weigh the languages of each text (N, L) by what the others on the page are in.

    p ∝ p of the text (OTHERWISE + mean p of the others, each by its letters). A word that could be
    of two languages is of its neighbors'; a page in three keeps all of them.
    """
    letters = np.array([*map(count_letters, texts)], np.float32).reshape(-1, 1)
    weighted = told * letters
    others = (weighted.sum(axis=0) - weighted) / np.maximum(letters.sum() - letters, 1)
    made = told * (OTHERWISE + others)
    sums = np.maximum(made.sum(axis=1, keepdims=True), np.float32(1e-9))
    shares: NDArray[np.float32] = (made / sums).astype(np.float32)
    return shares


def translate_page(
    lines: Sequence[TextLine],
    tell: TellLanguages,
    translate: Translate,
    *,
    to: str,
    from_: str | None,
    least: float,
) -> list[TranslatedBlock]:
    """Group the lines of a page, and translate those blocks that are to be translated.

    least: the confidence, 0..1, below which a line is not trusted, and its block kept; at 0 also
        translations are taken that the network finds unlikely
    """
    told = tell([line.text for line in lines])
    seen = [LineText(line.text, p) for line, p in zip(lines, told, strict=True)]
    blocks = group(seen, [line.quad for line in lines])
    languages = name_languages([block.text for block in blocks], tell, from_)
    kept = [
        why_kept(block.text, language, min(lines[n].confidence for n in block.lines), to, least)
        for block, language in zip(blocks, languages, strict=True)
    ]
    translations = translate_kinds(
        [
            (block.text, language)
            for block, language, why in zip(blocks, languages, kept, strict=True)
            if language and not why
        ],
        translate,
        to,
    )
    return [
        conclude(block, language, why, translations.get(block.text), least)
        for block, language, why in zip(blocks, languages, kept, strict=True)
    ]


def conclude(
    block: TextBlock, language: str | None, why: str | None, made: Translation | None, least: float
) -> TranslatedBlock:
    """Give a block its translation, or why it has none."""
    if made and not why and made.score < LEAST_SCORE and least > 0:
        why = f"the translator is not sure of it ({made.text})"
    if made is None or why:
        return TranslatedBlock(block.lines, block.text, language, block.text, why)
    return TranslatedBlock(
        block.lines, block.text, language, made.text, None, word_for_word=made.word_for_word
    )


def translate_kinds(
    texts: Sequence[tuple[str, str]], translate: Translate, to: str
) -> dict[str, Translation]:
    """Translate texts, each with its language: those of one language together."""
    made: dict[str, Translation] = {}
    for language in sorted({language for _, language in texts}):
        some = [text for text, of in texts if of == language]
        made |= dict(zip(some, translate(some, to, language), strict=True))
    return made


def why_kept(
    text: str, language: str | None, confidence: float, to: str, least: float
) -> str | None:
    """Say why a block stays as it is; None for one that is to be translated."""
    script = foreign_script(text)
    if script and confidence >= least:
        return f"it is written in {script}, which is not read here"
    rest = COPIED.sub("", text)
    words = [] if PRICES.fullmatch(text) else WORD.findall(rest)
    if not script and not any(len(word) >= FEWEST_LETTERS for word in words):
        return "it has no words"
    if confidence < least:
        seen = int(1000 * confidence) / 1000  # 0.9999 is below 1
        return f"it was read with a confidence of {seen:.3f}, below {least:g}"
    if language is None:
        return "its language is not known"
    if language == to:
        return f"it is {NAMES[to]} already"
    return None


def replacements(lines: Sequence[TextLine], blocks: Sequence[TranslatedBlock]) -> list[Replacement]:
    """List what changes in the picture: blocks whose translation is another text."""
    changed = (b for b in blocks if b.kept is None and b.translation != b.text)
    return [
        leave_tail(lines, block) if has_tail(lines, block) else lead_right(lines, block)
        for block in changed
    ]


def lead_right(lines: Sequence[TextLine], block: TranslatedBlock) -> Replacement:
    """Replace a block; dots at its end lead on where a price or more of them is on the right."""
    made, last = whole(lines, block), lines[block.lines[-1]]
    dots = DOTS.search(last.text)
    if not dots or not any(goes_on(last, other) for other in lines):
        return made
    return replace(made, text=DOTS.sub("", made.text), leader=dots[0].strip()[0])


def goes_on(line: TextLine, other: TextLine) -> bool:
    """Tell whether what another line says, a price or dots alone, is right of a line."""
    along, down = axes(line.quad)
    width, height = size_of(line.quad)
    way = other.quad.mean(axis=0) - line.quad.mean(axis=0)
    is_beside = abs(float(way @ down)) < height**2 / 2 and float(way @ along) > width**2 / 2
    is_price = PRICES.fullmatch(other.text) is not None
    return is_beside and is_price and any(c.isdigit() or c in DOT_SIGNS for c in other.text)


def whole(lines: Sequence[TextLine], block: TranslatedBlock) -> Replacement:
    """Replace all lines of a block."""
    some = [lines[n] for n in block.lines]
    quads, texts = tuple(line.quad for line in some), tuple(line.text for line in some)
    return Replacement(quads, texts, block.translation)


def has_tail(lines: Sequence[TextLine], block: TranslatedBlock) -> bool:
    """Tell a block whose last line has an end that its translation has, too."""
    last = lines[block.lines[-1]]
    return last.tail is not None and block.translation.endswith(tail_of(last))


def tail_of(line: TextLine) -> str:
    """Give what stands behind the name in a line: dots, and a price."""
    return line.text.removeprefix(split_tail(line.text).name).strip()


def leave_tail(lines: Sequence[TextLine], block: TranslatedBlock) -> Replacement:
    """Replace a block but for the price at the end of its last line."""
    made, last = whole(lines, block), lines[block.lines[-1]]
    text = block.translation.removesuffix(tail_of(last)).rstrip()
    _, leader, price = split_tail(last.text)
    rest = last.text.removesuffix(price).rstrip()
    quads = (*made.quads[:-1], cut_quad(last.quad, last.tail or 1.0)[0])
    return Replacement(quads, (*made.texts[:-1], rest), text, leader)


def kept_quads(lines: Sequence[TextLine], blocks: Sequence[TranslatedBlock]) -> list[Quad]:
    """List the quads of the lines that stay as they are, and those of prices that stay."""
    kept = [lines[n].quad for block in blocks if block.kept for n in block.lines]
    last = [lines[b.lines[-1]] for b in blocks if not b.kept and has_tail(lines, b)]
    return kept + [
        cut_quad(line.quad, line.tail)[1] for line in last if line.tail and line.tail < 1
    ]
