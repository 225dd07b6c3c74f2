"""Pairs that teach to take words over: words of the target, and names, stand in the source.

    switch_words("Pista de patinaje", "Skating track", ("es", "en"), rng)
        ("Pista de skating", "Skating track")

What lists have for a word is put in its place where the translation has that word, in any form, as
it is done with texts that the network doubts (`switching`). A name that nobody has, in the place of
a word on both sides, can only be copied.
"""

from numpy.random import Generator

from neuropil.apps.translate.glossing import Glossary
from neuropil.apps.translate.lab.noise import Texts, make_name
from neuropil.apps.translate.switching import (
    WORD,
    Run,
    find_runs,
    has_words,
    is_form,
    list_words,
    switch,
)

SWITCHED = 0.25  # share of the texts of some words in which words are switched
RUNS = 0.7  # share of the runs that are, of those that the target has
LONGEST = 2  # words of a run that is switched
NAMED = 0.06  # share of the texts in which a made-up name takes the place of a word


def mix(source: str, target: str, languages: tuple[str, str], rng: Generator) -> Texts:
    """Switch words of a pair, or put a name in it, or leave it, as most are."""
    chance = rng.random()
    if " " not in source or chance >= SWITCHED + NAMED:
        return source, target
    change = switch_words if chance < SWITCHED else name_word
    return change(source, target, languages, rng)


def switch_words(source: str, target: str, languages: tuple[str, str], rng: Generator) -> Texts:
    """Put words of the target in the source, as lists have them."""
    longest = LONGEST if source.count(" ") > LONGEST else 1
    runs = find_shared_runs(source, target, languages, longest)
    return switch(source, [run for run in runs if rng.random() < RUNS]), target


def name_word(source: str, target: str, languages: tuple[str, str], rng: Generator) -> Texts:
    """Put a made-up name in the place of a word on both sides."""
    runs = [run for run in find_shared_runs(source, target, languages, 1) if is_one_word(run)]
    if not runs:
        return source, target
    run = runs[int(rng.integers(len(runs)))]
    word = run.translation.casefold()
    there = [found for found in WORD.finditer(target) if is_form(word, found[0].casefold())]
    if len(there) != 1:
        return source, target
    name = make_name(rng)
    if rng.random() < 0.5:
        name = name.lower()
    start, end = there[0].span()
    return switch(source, [run._replace(translation=name)]), target[:start] + name + target[end:]


def find_shared_runs(
    source: str, target: str, languages: tuple[str, str], longest: int
) -> list[Run]:
    """Find the runs of a source of whose translations all words are in the target.

    longest: words of a run; lists have most short texts as a whole, which would teach nothing
    """
    words = list_words(target)
    runs = find_runs(source, Glossary.load(*languages), longest)
    return [run for run in runs if has_words(words, run.translation)]


def is_one_word(run: Run) -> bool:
    """Tell a run whose translation is one word."""
    return bool(WORD.fullmatch(run.translation))
