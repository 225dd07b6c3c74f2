"""Lines read: those of about one width together, so that little is padding.

    read_lines(lines, run, speller.find)        [ReadLine("Zwei Bier", 0.98), ...]

B  lines   L  width of the longest   T  steps   N  characters, and the blank
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from neuropil.apps.translate.alphabet import (
    ReadCharacter,
    ReadLine,
    find_characters,
    join_characters,
)
from neuropil.apps.translate.casing import upper_text
from neuropil.apps.translate.lines import Floats, stack_lines
from neuropil.apps.translate.tails import find_tail
from neuropil.kit.progress import ticking

TOGETHER = 16  # lines that are read at once
CAPITALS = 0.6  # share of a word's letters, from which all of them are meant as capitals
WORD = re.compile(r"[^\W\d_]{4,}")
MAIL = re.compile(  # the sign with a blank behind it, before what can only be a domain
    r"(?<=\w) ?@ (?!www\.)(?=[\w-]*[a-z][\w-]*(?:\.[\w-]+)*\.[a-z]{2,4}\b(?![/\w]))", re.IGNORECASE
)
LITERS = re.compile(r"(?<![\d.,])(0[.,]\d{1,2})\s?[1lI|]\s?(\d{1,3}[.,]\d\d)(?![\d.,])")

Find = Callable[[Floats], list[ReadCharacter]]


def read_lines(
    lines: Sequence[Floats], run: Callable[[Floats], Floats], find: Find = find_characters
) -> list[ReadLine]:
    """Read lines (32, L), in their order.

    run: gives the logits (B, T, N) of lines (B, 1, 32, L)
    find: finds the characters in the logits (T, N) of a line; by default the likeliest of each step
    """
    order = sorted(range(len(lines)), key=lambda i: lines[i].shape[1])
    found: dict[int, ReadLine] = {}
    for start in ticking(range(0, len(order), TOGETHER)):
        some = order[start : start + TOGETHER]
        batch, steps = stack_lines([lines[i] for i in some])
        said = (find(logits[:n]) for logits, n in zip(run(batch), steps, strict=True))
        found |= zip(some, map(join_characters, said), strict=True)
    return [finish(line, found[i]) for i, line in enumerate(lines)]


def finish(line: Floats, read: ReadLine) -> ReadLine:
    """Mend what was read of a line, and find where its end begins that stands apart."""
    text = mend(read.text)
    return replace(read, text=text, tail=find_tail(line, text))


def mend(text: str) -> str:
    """Mend what is read wrong although each letter looks right."""
    return mend_liters(mend_addresses(mend_capitals(text)))


def mend_addresses(text: str) -> str:
    """Take the blank behind the sign out of addresses of mail, which spelling puts there."""
    return MAIL.sub("@", text)


def mend_liters(text: str) -> str:
    """Read a one between an amount and a price as the letter: "0,413,60" is "0,4 l 3,60"."""
    return LITERS.sub(r"\1 l \2", text)


def mend_capitals(text: str) -> str:
    """Write words in capitals that are mostly so: o and O, s and S are drawn alike, DoLLAR."""

    def raise_case(word: re.Match[str]) -> str:
        read = word.group()
        share = sum(map(str.isupper, read)) / len(read)
        return upper_text(read) if share >= CAPITALS else read

    return WORD.sub(raise_case, text)
