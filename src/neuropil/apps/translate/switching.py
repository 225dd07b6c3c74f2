"""Where the network doubts, lists help: their words in its grammar, or else word for word.

    glossary = Glossary.load("es", "en")
    text = "Pista de patinaje"
    switch(text, find_runs(text, glossary))         "Track de ice skating"

Lists have more words than a small network learns, and know no grammar; the network that is taught
with such texts takes the words over and does the rest (code-switching, Song et al. 2019). Where it
loses one of them, the lists alone translate (`glossing`).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from neuropil.apps.translate.glossing import LONGEST_RUN, TOKEN, Glossary
from neuropil.apps.translate.lexicon import take_case
from neuropil.apps.translate.translator import LEAST_SCORE, Translation

WORD = re.compile(r"[^\W\d_]+")
SENTENCE = re.compile(r"[.!?…][\"'»”)]*$")
FRAGMENT_SCORE = -0.45  # log p of a token, below which lists know more of a dish or a label
SHARED = 0.6  # of the letters of the longer of two forms of a word, from the first on, and more
LONG = 4  # letters of a word that a text says once
AGAIN = 3  # times that three words are said one after the other, from which a text loops
LEAST_KNOWN = 0.6  # share of the words that lists know, below which a text is none

Rate = Callable[[Sequence[str]], list[Translation]]


class Run(NamedTuple):
    """Words of a text, from one place to another, and what a list has for them."""

    start: int
    end: int
    translation: str


def prefer_known(
    texts: Sequence[str], made: Sequence[Translation], rate: Rate, glossary: Glossary
) -> list[Translation]:
    """Take what lists know of texts in place of what their network doubts.

    rate: translates texts by the network
    """
    pairs = enumerate(zip(texts, made, strict=True))
    doubted = [n for n, (text, each) in pairs if is_doubted(text, each)]
    runs = {n: [*find_runs(texts[n], glossary)] for n in doubted}
    asked = {n: switch(texts[n], some) for n, some in runs.items() if some}
    again = dict(zip(asked, rate([*asked.values()]), strict=True))
    settled = [*made]
    for n in doubted:
        if n in again and is_better(again[n], texts[n], runs[n], glossary):
            settled[n] = again[n]._replace(asked=asked[n])
        elif (gloss := glossary.translate(texts[n])).known >= LEAST_KNOWN:
            settled[n] = Translation(gloss.text, LEAST_SCORE, word_for_word=True)
        elif loops(made[n].text, texts[n]):
            settled[n] = made[n]._replace(score=LEAST_SCORE - 1)  # which is not set
    return settled


def is_doubted(text: str, made: Translation) -> bool:
    """Tell what the network may not have understood.

    Of a sentence it has to doubt more: word for word, sentences are hard to understand.
    """
    least = LEAST_SCORE if SENTENCE.search(text.strip()) else FRAGMENT_SCORE
    return made.score < least or loops(made.text, text)


def loops(text: str, source: str) -> bool:
    """Tell a translation that says the same words again and again, which its source does not."""
    said, given = WORD.findall(text.casefold()), WORD.findall(source.casefold())
    return count_runs(said) >= AGAIN > count_runs(given)


def count_runs(words: Sequence[str]) -> int:
    """Count how often the run of three words is said that is said most."""
    runs = Counter(zip(words, words[1:], words[2:], strict=False))
    return max(runs.values(), default=0)


def is_better(again: Translation, text: str, runs: Sequence[Run], glossary: Glossary) -> bool:
    """Tell whether a second answer is one: likely, with all words that it was given, once each.

    text: what was to be translated; words that no list knows have to be there too
    """
    rest = list_words(switch(text, [run._replace(translation=" ") for run in runs]))
    unknown = [w for w in rest if len(w) >= LONG and w not in glossary.links]
    given = " ".join([*unknown, *(run.translation for run in runs)])
    said = WORD.findall(again.text.casefold())
    is_sure = again.score >= LEAST_SCORE and not loops(again.text, text)
    return is_sure and has_words(said, given) and not repeats(said, given)


def repeats(said: Sequence[str], given: str) -> bool:
    """Tell whether a long word is said more often than what was given has it."""
    there = WORD.findall(given.casefold())
    long = {word for word in said if len(word) >= LONG}
    return any(said.count(w) > max(1, sum(is_form(w, t) for t in there)) for w in long)


def find_runs(text: str, glossary: Glossary, longest: int = LONGEST_RUN) -> Iterator[Run]:
    """Find what lists know in a text; articles, prepositions and conjunctions are left out.

    longest: words that are looked up together
    """
    tokens = [*TOKEN.finditer(text)]
    n = 0
    for some, translation in glossary.cut([token.group() for token in tokens], longest):
        start, end = tokens[n].start(), tokens[n + len(some) - 1].end()
        n += len(some)
        if translation and text[start:end].casefold() not in glossary.links:
            yield Run(start, end, translation)


def switch(text: str, runs: Iterable[Run]) -> str:
    """Put runs of a text, in their order, in the other language; capitals stay capitals."""
    made, last = "", 0
    for start, end, translation in runs:
        source = text[start:end]
        is_cased = start == 0 or source.isupper()
        made += text[last:start] + (take_case(translation, source) if is_cased else translation)
        last = end
    return made + text[last:]


def list_words(text: str) -> set[str]:
    """List the words of a text, in small letters."""
    return {*WORD.findall(text.casefold())}


def has_words(words: Iterable[str], of: str) -> bool:
    """Tell whether each word of a text, in any form, is among some."""
    return all(any(is_form(word, other) for other in words) for word in list_words(of))


def is_form(word: str, other: str) -> bool:
    """Tell two forms of a word by the letters that they begin with."""
    pairs = zip(word, other, strict=False)
    same = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(word), len(other)))
    return same > SHARED * max(len(word), len(other))
