"""Paragraphs broken at spaces, words behind signs; nothing of a text is lost."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropil.apps.handwrite.breaking import Part, break_paragraph, cut, shorter
from neuropil.apps.handwrite.generation import MAX_CHARACTERS

TEXTS = st.lists(st.text("ab-/.@", min_size=1, max_size=30), max_size=12).map(" ".join)


def lines(text: str, room: float, limits: dict[int, int] | None = None) -> list[str]:
    """Break a text whose characters are 1 wide."""
    reach = np.arange(1.0, len(text) + 1)
    return [
        text[part.start : part.end] for part in break_paragraph(text, reach, room, limits or {})
    ]


@given(TEXTS, st.integers(1, 90))
def test_lines_have_room_and_keep_every_word(text: str, room: int) -> None:
    parts = break_paragraph(text, np.arange(1.0, len(text) + 1), room, {})
    assert all(len(text[p.start : p.end]) <= min(room, MAX_CHARACTERS) for p in parts)
    joined = ""
    for part in parts:
        joined += " " * (part.start - len(joined)) + text[part.start : part.end]
        assert part.word == text.count(" ", 0, part.start)
    assert joined == text


@given(TEXTS, st.integers(1, 90))
def test_lines_are_as_full_as_they_can_be(text: str, room: int) -> None:
    room = min(room, MAX_CHARACTERS)
    parts = break_paragraph(text, np.arange(1.0, len(text) + 1), room, {})
    for this, following in pairwise(parts):
        word = text[following.start :].split(" ")[0]
        if this.end < following.start:  # at a space
            assert this.end - this.start + 1 + len(word) > room


def test_a_line_ends_at_a_space() -> None:
    text = "the quick brown fox"
    assert lines(text, 9) == ["the quick", "brown fox"]
    assert lines(text, 8) == ["the", "quick", "brown", "fox"]
    assert lines(text, 99) == [text]


def test_empty_paragraphs_are_empty_lines() -> None:
    assert break_paragraph("", np.zeros(0), 5, {}) == [Part(0, 0, 0)]


def test_no_line_is_longer_than_the_network_writes() -> None:
    assert max(map(len, lines("so " * 200 + "so", np.inf))) == MAX_CHARACTERS
    assert [len(line) for line in lines("x" * 150, np.inf)] == [71, 71, 8]


def test_wide_characters_take_more_of_the_room() -> None:
    text = "mm ii ii mm"
    reach = np.cumsum([3.0 if letter == "m" else 1.0 for letter in text])
    parts = break_paragraph(text, reach, 9, {})
    assert [text[p.start : p.end] for p in parts] == ["mm ii", "ii mm"]
    assert [(p.start, p.word) for p in parts] == [(0, 0), (6, 2)]


@pytest.mark.parametrize(
    ("text", "room", "expected"),
    [
        ("to zoe.quinn@example.com", 12, ["to", "zoe.quinn@", "example.com"]),
        ("and/or-maybe", 8, ["and/or-", "maybe"]),
        ("incomprehensible", 8, ["incompre", "hensible"]),
        ("-abcdef", 4, ["-abc", "def"]),  # a sign before a word is no place to break it
        ("well-known", 99, ["well-known"]),
        ("a well-known", 8, ["a", "well-", "known"]),
        ("a b-c", 4, ["a", "b-c"]),  # whole, where it has room on a line of its own
    ],
)
def test_a_word_is_broken_only_without_a_room_of_its_own(
    text: str, room: int, expected: list[str]
) -> None:
    assert lines(text, room) == expected


def test_limits_end_a_line_earlier_and_what_follows_moves_on() -> None:
    text = "one two three four five"
    assert lines(text, 13) == ["one two three", "four five"]
    assert lines(text, 13, {0: 12}) == ["one two", "three four", "five"]
    assert lines(text, 13, {14: 6}) == ["one two three", "four", "five"]


@pytest.mark.parametrize(
    ("text", "most", "limit"),
    [
        ("one two three", 9, 9),
        ("one two three", 13, 12),  # it was too wide: something has to go
        ("one two three", 0, 3),  # the first word stays whole
        ("three", 3, 3),
        ("three", 9, 4),
        ("three", 0, 1),
        ("t", 0, 1),
    ],
)
def test_a_line_that_was_too_wide_is_shortened(text: str, most: int, limit: int) -> None:
    assert shorter(text, most) == limit
    if len(text) > 1:
        assert 0 < cut(text, limit) < len(text)
