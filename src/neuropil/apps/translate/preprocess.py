"""From text to the numbers that the network reads, and back: the same in training and in running.

    S  tokens of a text, with what stands before and behind it

    encoded = encode_source("Zwei Bier, bitte!", to="en")
    encoded.tokens, encoded.cases, encoded.copies

A token is a piece of a word in small letters, a mark for what is copied, or one of the signs
below; its case is told beside it.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from neuropil.apps.translate.casing import LOWER, apply_case, case_of, even_out, fold, upper_letter
from neuropil.apps.translate.copying import MARK, MARKS, Copies
from neuropil.apps.translate.subwords import BLANK, Subwords

NAMES = MappingProxyType({"en": "English", "de": "German", "fr": "French", "es": "Spanish"})
LANGUAGES = tuple(NAMES)
PAD, END = 0, 1  # END also begins what the decoder writes
TO = dict(zip(LANGUAGES, range(2, 6), strict=True))
FROM = dict(zip(LANGUAGES, range(6, 10), strict=True))
MARK_TOKENS = dict(zip(MARKS, range(10, 20), strict=True))
FIRST_PIECE = 20
MOST_TOKENS = 256  # of a source; the network has so many places

SAME = {  # characters that mean the same, and what is read for them
    **{"’": "'", "‘": "'", "‛": "'", "‟": "“", "”": "“"},
    **{"\xad": "", "\u200b": "", "…": "..."},
}
PART = re.compile(f"{MARK.pattern}|[^{MARKS}]+")


@dataclass(frozen=True)
class EncodedText:
    """A text as tokens and the case of each, and what was marked in it for copying."""

    tokens: tuple[int, ...]
    cases: tuple[int, ...]
    copies: Copies


def normalize(text: str, same: Mapping[str, str] = SAME) -> str:
    """Compose accents, unify what means the same, quotes or more, and make every space one blank.

    same: characters, and what is read for them
    """
    composed = unicodedata.normalize("NFC", text)
    return " ".join("".join(same.get(c, c) for c in composed).split())


@cache
def known_characters() -> frozenset[str]:
    """List the characters that the vocabulary can write, in both cases."""
    small = Subwords.load().characters
    return small | {upper_letter(c) for c in small}


def vocabulary_size() -> int:
    """Count the tokens that the network knows: signs, marks and pieces."""
    return FIRST_PIECE + len(Subwords.load())


def encode_source(text: str, to: str, from_: str | None = None) -> EncodedText:
    """Encode a text to be translated: the target's sign, the source's where known, pieces, END.

    to, from_: languages, one of LANGUAGES
    """
    signs = [TO[to], *([FROM[from_]] if from_ else [])]
    copies = Copies()
    tokens, cases = encode(copies.mark(normalize(text), known_characters()))
    return EncodedText((*signs, *tokens, END), (*[LOWER] * len(signs), *cases, LOWER), copies)


def encode_target(text: str, copies: Copies) -> EncodedText | None:
    """Encode a known translation, which ends in END; None where it copies other things.

    copies: those of its source
    """
    own = Copies()
    own.texts = list(copies.texts)
    marked = own.mark(normalize(text), known_characters())
    if len(own.texts) != len(copies.texts) or {*MARK.findall(marked)} != {
        *MARKS[: len(copies.texts)]
    }:
        return None
    tokens, cases = encode(marked)
    return EncodedText((*tokens, END), (*cases, LOWER), copies)


def encode(marked: str) -> tuple[list[int], list[int]]:
    """Encode a normalized text with its marks: tokens and their cases."""
    tokens, cases = [], []
    for word in marked.split():
        for part in PART.findall(BLANK + word):
            for token, case in encode_part(part):
                tokens.append(token)
                cases.append(case)
    return tokens, cases


def encode_part(part: str) -> Iterator[tuple[int, int]]:
    """Yield the tokens of a mark, or of a part of a word, each with its case."""
    if part in MARK_TOKENS:
        yield MARK_TOKENS[part], LOWER
        return
    subwords = Subwords.load()
    folded, capitals = fold("".join(c for c in part if c in known_characters()))
    start = 0
    for piece in subwords.split_word(folded):
        flags = capitals[start : start + len(piece)]
        start += len(piece)
        case = case_of(piece, flags)
        if case is not None:
            yield FIRST_PIECE + subwords.numbers[piece], case
        else:  # as in iPhone: letter by letter
            for letter, capital in zip(piece, flags, strict=True):
                yield FIRST_PIECE + subwords.numbers[letter], int(capital)


def decode(tokens: Sequence[int], cases: Sequence[int]) -> str:
    """Write tokens as text, in which marks still stand for what is copied; signs are left out."""
    words: list[list[tuple[str, int]]] = [[]]
    for token, case in zip(tokens, cases, strict=True):
        piece = piece_of(token)
        if piece.startswith(BLANK):
            words.append([])
        words[-1].append((piece, case))
    return "".join(map(write_word, words)).replace(BLANK, " ").strip()


def piece_of(token: int) -> str:
    """Give the piece of a token, or its mark; nothing for a sign."""
    if token >= FIRST_PIECE:
        return Subwords.load().pieces[token - FIRST_PIECE]
    first = MARK_TOKENS[MARKS[0]]
    return MARKS[token - first] if token >= first else ""


def write_word(word: Sequence[tuple[str, int]]) -> str:
    """Write the pieces of a word, each with its case."""
    pieces = [piece for piece, _ in word]
    cases = even_out(pieces, [case for _, case in word])
    return "".join(map(apply_case, pieces, cases))
