"""A text of any length in another language: cut into sentences, translated, put together again.

    translator = Translator(OnnxNetwork(encoder), OnnxNetwork(step))
    translator.translate(["Zwei Bier, bitte! Was kostet das?"], to="en")

The network itself finds the language of a source that nobody names. From one language that is not
English to another one the way leads through English.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from neuropil.apps.translate.decoding import Hypothesis, search
from neuropil.apps.translate.preprocess import (
    LANGUAGES,
    MOST_TOKENS,
    EncodedText,
    decode,
    encode_source,
)
from neuropil.kit.errors import UserError, suggest
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.kit.progress import message, ticking

TOGETHER = 32  # sentences that are translated at once
BEAMS = 4
SURE = 0.0  # log p of what no network had to choose
MOST_SHOWN = 80  # characters of a line in a message
LEAST_SCORE = -1.0  # log p of a token, mean, below which translations are mostly nonsense
SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'“”»)]*\s+(?=[\"'„“«(¿¡]*[A-ZÄÖÜÀÂÇÉÈÊÎÔÁÍÓÚÑ])")


@dataclass(frozen=True)
class TracedPart:
    """A sentence, or a part of one, as the networks read it, and its best translation."""

    encoded: EncodedText
    best: Hypothesis


class Translation(NamedTuple):
    """A text in another language, and how likely the network found it: log p of a token, mean.

    word_for_word: made of lists alone, since the network was at a loss
    asked: what the network was given, where that is not the text itself
    """

    text: str
    score: float
    word_for_word: bool = False
    asked: str | None = None


class Translator:
    """The two networks, and how they are run.

    beams: translations of each sentence that are followed at once
    """

    def __init__(self, encoder: OnnxNetwork, step: OnnxNetwork, beams: int = BEAMS) -> None:
        self.encoder, self.step, self.beams = encoder, step, beams

    def translate(self, texts: Sequence[str], to: str, from_: str | None = None) -> list[str]:
        """Translate texts; line ends stay where they are, and what has no letter stays as it is.

        to, from_: languages; raises UserError for others, and for twice the same
        """
        return [made.text for made in self.rate(texts, to, from_)]

    def rate(self, texts: Sequence[str], to: str, from_: str | None = None) -> list[Translation]:
        """Translate texts, each with the score of the least likely of its sentences."""
        require_direction(to, from_)
        cut = [[[*cut_sentences(line)] for line in text.split("\n")] for text in texts]
        every = {s: "" for lines in cut for line in lines for s in line if any(map(str.isalpha, s))}
        made = self.translate_sentences([*every], to, from_)
        known = dict(zip(every, made, strict=True))
        return [
            join_lines([[known.get(s, Translation(s, SURE)) for s in line] for line in lines])
            for lines in cut
        ]

    def translate_sentences(
        self, sentences: Sequence[str], to: str, from_: str | None
    ) -> list[Translation]:
        """Translate sentences, those of like length together."""
        parts = [[*encode_parts(sentence, to, from_)] for sentence in sentences]
        every = [part for each in parts for part in each]
        best = self.search(every)
        made = (
            Translation(part.copies.restore(decode(found.tokens, found.cases)), found.score)
            for part, found in zip(every, best, strict=True)
        )
        return [join([*islice(made, len(each))]) for each in parts]

    def search(self, parts: Sequence[EncodedText]) -> list[Hypothesis]:
        """Find the best translation of each part, those of like length together."""
        order = sorted(range(len(parts)), key=lambda i: len(parts[i].tokens))
        made: dict[int, Hypothesis] = {}
        for start in ticking(range(0, len(order), TOGETHER)):
            places = order[start : start + TOGETHER]
            best = search(self.encoder, self.step, [parts[i] for i in places], self.beams)
            made |= zip(places, best, strict=True)
        return [made[i] for i in range(len(parts))]

    def trace(self, text: str, to: str, from_: str | None) -> list[TracedPart]:
        """Translate a line, and give what the networks read and wrote, part by part."""
        sentences = cut_sentences(text)
        parts = [part for each in sentences for part in encode_parts(each, to, from_)]
        return [TracedPart(*pair) for pair in zip(parts, self.search(parts), strict=True)]


def join(parts: Sequence[Translation]) -> Translation:
    """Put parts behind one another; they are as likely as the least of them."""
    score = min((part.score for part in parts), default=SURE)
    return Translation(" ".join(part.text for part in parts), score)


def join_lines(lines: Sequence[Sequence[Translation]]) -> Translation:
    """Put lines below one another; they are as likely as the least of them."""
    made = [join(line) for line in lines]
    return Translation("\n".join(line.text for line in made), min(line.score for line in made))


def cut_sentences(line: str) -> Iterator[str]:
    """Cut a line behind what ends a sentence, if a capital follows."""
    start = 0
    for found in SENTENCE_END.finditer(line):
        yield line[start : found.end()].strip()
        start = found.end()
    yield line[start:].strip()


def encode_parts(sentence: str, to: str, from_: str | None) -> Iterator[EncodedText]:
    """Encode a sentence; one of more tokens than the network has places, or of more numbers than
    there are marks, is cut at a blank.
    """
    encoded = encode_source(sentence, to, from_)
    words = sentence.split()
    is_whole = len(encoded.tokens) <= MOST_TOKENS and not encoded.copies.is_short
    if is_whole or len(words) == 1:  # one word alone is short, or copied
        yield encoded
    else:
        for half in (words[: len(words) // 2], words[len(words) // 2 :]):
            yield from encode_parts(" ".join(half), to, from_)


def require_direction(to: str, from_: str | None) -> None:
    """Raise UserError for a language that is not known, and where both are one."""
    for name, value in (("to", to), ("from", from_)):
        if value is not None and value not in LANGUAGES:
            words = f"--{name} {value}{suggest(value, LANGUAGES)}: possible are"
            raise UserError(
                "option.choice",
                f"{words} {', '.join(LANGUAGES)}",
                name=name,
                value=value,
                possible=LANGUAGES,
            )
    if from_ == to:
        words = f"--from {from_} --to {to}: name two languages, or leave out --from"
        raise UserError("option.conflict", words)


def tell_of_doubts(lines: Sequence[str], rated: Sequence[Translation]) -> None:
    """Say which lines were translated word for word, and of which the network is not sure."""
    for line, made in zip(lines, rated, strict=True):
        if made.word_for_word:
            message(f"word for word, as the network is not sure of it: {shorten(line)}")
        elif made.score < LEAST_SCORE:
            message(f"the network is not sure of it: {shorten(line)}")


def shorten(line: str) -> str:
    """Give the beginning of a line, by which it can be told."""
    return line if len(line) <= MOST_SHOWN else f"{line[:MOST_SHOWN].rstrip()} ..."
