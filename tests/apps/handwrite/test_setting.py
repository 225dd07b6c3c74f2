"""Texts set by pens that write wider or narrower than they were measured, on all kinds of paper."""

import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from neuropil.apps.handwrite import setting
from neuropil.apps.handwrite.breaking import Part, break_paragraph
from neuropil.apps.handwrite.diacritics import DecomposedText, decompose
from neuropil.apps.handwrite.generation import LineRequest, LineState, WrittenLine
from neuropil.apps.handwrite.layout import (
    MAX_COMPRESSION,
    Layout,
    StyleMetrics,
    check_room,
    is_fitting,
    lay_out,
    measure_style,
)
from neuropil.apps.handwrite.setting import Placed, SetLine, Setter, count_fitting
from neuropil.apps.handwrite.verification import Draft, occurrences
from neuropil.kit.drawing.drawing import Paper, Stroke
from neuropil.kit.errors import UserError

SAMPLES = ["nice gypsy words", "the Hill above", "more of them"]


@dataclass
class Hand:
    """Stand for a pen: each line comes out wider or narrower by a share that its text decides.

    wild: how far it may come out wider, in powers of e; also how much higher and steeper
    asked: the texts that were written, round by round
    """

    wild: float = 0.0
    asked: list[list[str]] = field(default_factory=list)

    def __call__(self, texts: Sequence[str], numbers: Sequence[int]) -> Iterator[tuple[int, Draft]]:
        self.asked.append([texts[number] for number in numbers])
        for number in reversed(numbers):
            text = texts[number]
            row = LineState(
                0, LineRequest(text, np.zeros(3, np.float32), 0.0, ()), np.random.default_rng(0)
            )
            yield number, Draft(self.penned(text), text, text, 0, np.zeros(9), 0, row)

    def penned(self, text: str) -> WrittenLine:
        """Pen an arch for each letter: small ones 0.6 high, others twice that, y down to 0.6."""
        rng = np.random.default_rng(zlib.crc32(text.encode()))
        wide, high = np.exp(self.wild * rng.uniform(-1, 1, 2))
        rows, letter = [[0.0, 0.0, 1.0]], [0]
        for place, character in enumerate(text):
            if character != " ":
                top = -0.6 if character in "acemnorsuvwxz" else -1.2 * high
                foot = 0.6 * high if character in "gpqy" else 0.0
                xs = wide * (0.5 * place + np.array([0, 0.15, 0.3]))
                rows += [[xs[0], foot, 0], [xs[1], top, 0], [xs[2], foot, 1]]
                letter += [place] * 3
        line = np.array(rows, np.float64)
        line[:, 1] += 0.4 + self.wild * rng.uniform(-0.05, 0.05) * line[:, 0]
        return WrittenLine(line, np.array(letter))

    @property
    def measures(self) -> StyleMetrics:
        return measure_style([replace(self, wild=0.0).penned(text) for text in SAMPLES], SAMPLES)


def set_in(hand: Hand, text: str, layout: Layout, seed: int = 0) -> list[SetLine]:
    paragraphs = [decompose(paragraph) for paragraph in text.split("\n")]
    return Setter(hand, hand.measures, layout, seed).lines(paragraphs)


def set_all_anew(hand: Hand, paragraphs: Sequence[DecomposedText], layout: Layout) -> list[SetLine]:
    """Do the same in the plainest way: break and look at everything after each cut."""
    setter = Setter(hand, hand.measures, layout, 0)
    limits: list[dict[int, int]] = [{} for _ in paragraphs]
    made: dict[tuple[DecomposedText, int], Placed] = {}
    while True:
        parts = [
            (number, part)
            for number, its in enumerate(paragraphs)
            for part in break_paragraph(
                its.text, setter.its.reach(its.text), setter.room, limits[number]
            )
        ]
        cut = [paragraphs[number].part(part.start, part.end) for number, part in parts]
        texts = [its.text for its in cut]
        keys = list(zip(cut, occurrences(texts), strict=True))
        missing = [i for i, key in enumerate(keys) if texts[i] and key not in made]
        made |= {keys[i]: setter.to_paper(cut[i], draft) for i, draft in hand(texts, missing)}
        lines = [SetLine(*parts[i], texts[i], made.get(key)) for i, key in enumerate(keys)]
        wide = {line.paragraph: line for line in reversed(lines) if setter.is_too_wide(line)}
        if not wide:
            return lines
        for number, line in wide.items():
            limits[number][line.part.start] = setter.limit(line)


def on_pages(
    lines: Sequence[SetLine], layout: Layout, seed: int = 0
) -> tuple[list[list[Stroke]], Paper]:
    return lay_out([line.placed.line if line.placed else None for line in lines], layout, seed)


def joined(text: str, lines: Sequence[SetLine]) -> str:
    """Put lines together again as they stood in their paragraphs."""
    made = [""] * len(text.split("\n"))
    for line in lines:
        between = line.part.start - len(made[line.paragraph])
        made[line.paragraph] += " " * between + line.text
    return "\n".join(made)


WORDS = st.text("acemnogpyhklTHIB-./@", min_size=1, max_size=14) | st.just("x" * 40)
TEXTS = st.lists(st.lists(WORDS, max_size=10).map(" ".join), min_size=1, max_size=3).map("\n".join)
LAYOUTS = st.builds(
    Layout,
    paper=st.sampled_from(["a4", "letter", "none"]),
    ruled=st.booleans(),
    size=st.floats(1, 12),
    spacing=st.floats(1, 6),
    margin=st.floats(0, 80),
    align=st.sampled_from(["left", "center", "right"]),
    slant=st.floats(-45, 45),
    pen=st.floats(0, 2),
)


@settings(max_examples=100, deadline=None)
@given(TEXTS, LAYOUTS, st.floats(0, 1.2), st.integers(0, 9))
def test_whatever_is_written_lies_inside_the_margins(
    text: str, layout: Layout, wild: float, seed: int
) -> None:
    assume(text.strip())
    hand = Hand(wild)
    try:
        check_room(hand.measures, layout)
    except UserError:
        assume(False)
    lines = set_in(hand, text, layout, seed)
    assert joined(text, lines) == text
    pages, paper = on_pages(lines, layout, seed)
    sheet = np.array([paper.width, paper.height])
    points = np.concatenate([stroke.points for page in pages for stroke in page])
    assert points.min() >= layout.edge - 1e-6
    assert (points <= sheet - layout.edge + 1e-6).all()
    for line in lines:
        if line.placed and len(line.text) > 1:
            assert is_fitting(line.placed.line, layout), "it is pressed together too far"


@pytest.mark.parametrize("align", ["left", "center", "right"])
@pytest.mark.parametrize("slant", [-45.0, 0.0, 45.0])
@pytest.mark.parametrize("paper", ["a4", "letter"])
@pytest.mark.parametrize("size", [1.0, 4.0, 12.0])
def test_accents_too_lie_inside_the_margins(
    align: str, slant: float, paper: str, size: float
) -> None:
    layout = Layout(paper, size=size, spacing=1.0, margin=35.0, align=align, slant=slant)
    text = "Ế é ü — müßig ist's, Ångström à ç " * 5 + "ÉÉÉ"
    pages, sheet = on_pages(set_in(Hand(0.5), text, layout), layout)
    points = np.concatenate([stroke.points for page in pages for stroke in page])
    assert points.min() >= 35 - 1e-6
    assert (points <= np.array([sheet.width, sheet.height]) - 35 + 1e-6).all()


def test_only_what_is_too_wide_and_what_follows_is_written_again() -> None:
    text = "\n".join(
        f"{word} nice words are in here, more than room for {word}" for word in "abcdefgh"
    )
    layout = Layout("a4", size=5.0)
    hand = Hand(0.5)
    lines = set_in(hand, text, layout)
    first, *later = hand.asked
    assert later, "no line was too wide; take a wilder hand"
    kept = {line.text for line in lines}
    assert len(kept & set(first)) > 3
    for number, paragraph in enumerate(text.split("\n")):
        its = [line for line in lines if line.paragraph == number]
        again = [asked for round_ in later for asked in round_ if asked in paragraph]
        before = [line.text for line in its if line.text in first]
        assert not set(before) & set(again)
    texts = [text for asked in hand.asked for text in asked]
    assert len(set(texts)) == len(texts), "a line was written twice"


def test_a_calm_hand_writes_every_line_once() -> None:
    hand = Hand()
    set_in(hand, "nice words are in here, and more than there is room for " * 5, Layout("a4"))
    assert [len(asked) for asked in hand.asked] == [len(hand.asked[0])]
    assert len(hand.asked[0]) > 3


def test_a_paragraph_is_set_alike_whatever_stands_around_it() -> None:
    text, layout = "some nice words are in here and more than there is room for " * 3, Layout("a4")
    alone = set_in(Hand(0.5), text, layout)
    among = [
        line
        for line in set_in(Hand(0.5), f"others above\n{text}\nand below", layout)
        if line.paragraph == 1
    ]
    assert [line.text for line in among] == [line.text for line in alone]
    for one, other in zip(alone, among, strict=True):
        assert one.placed
        assert other.placed
        assert np.array_equal(one.placed.line, other.placed.line)


def test_lines_that_came_out_too_wide_are_broken_again() -> None:
    """A hand that writes everything twice as wide as it was measured."""

    class Wide(Hand):
        def penned(self, text: str) -> WrittenLine:
            made = super().penned(text)
            return WrittenLine(made.line * [2, 1, 1], made.letter)

    layout = Layout("a4", size=6.0)
    text = "nice words are in here " * 4 + "nice"
    hand = Wide()
    narrow = Hand()
    lines = Setter(hand, narrow.measures, layout, 0).lines([decompose(text)])
    assert " ".join(line.text for line in lines) == text
    assert len(lines) > len(set_in(narrow, text, layout))
    for line in lines:
        assert line.placed
        assert MAX_COMPRESSION * line.placed.line[:, 0].max() <= 170


def test_empty_lines_stay() -> None:
    lines = set_in(Hand(), "nice\n\nwords\n", Layout())
    assert [(line.text, line.placed is None) for line in lines] == [
        ("nice", False),
        ("", True),
        ("words", False),
        ("", True),
    ]


def test_equal_lines_are_written_each_for_itself() -> None:
    hand = Hand()
    lines = set_in(hand, "so\nso\nso", Layout())
    assert hand.asked == [["so", "so", "so"]]
    assert len({id(line.placed) for line in lines}) == 3


def test_accents_are_those_of_the_line_that_they_stand_in() -> None:
    lines = set_in(Hand(), "Muller\nMüller", Layout())
    plain, accented = (line.placed for line in lines)
    assert plain
    assert accented
    assert len(accented.line) > len(plain.line)


class Varied(Hand):
    """Write the same text in another width each time that it stands in a text, as the pen does."""

    def __call__(self, texts: Sequence[str], numbers: Sequence[int]) -> Iterator[tuple[int, Draft]]:
        again = occurrences(texts)
        for number, draft in super().__call__(texts, numbers):
            rng = np.random.default_rng((again[number], zlib.crc32(texts[number].encode())))
            factor = np.exp(self.wild * rng.uniform(-1, 1))
            line = draft.penned.line * [factor, 1, 1]
            yield number, replace(draft, penned=WrittenLine(line, draft.penned.letter))


@settings(max_examples=40, deadline=None)
@given(TEXTS, st.floats(0, 0.5), st.sampled_from([(1, 1), (2, 1), (5, 2), (1024, 32)]))
def test_a_text_is_set_as_if_all_of_it_were_looked_at_each_time(
    text: str, wild: float, sizes: tuple[int, int]
) -> None:
    """One paragraph however little is ahead; several, with equal lines, where all are ahead."""
    layout = Layout("a4", size=6.0, margin=50.0)
    whole = f"{text}\n{text.replace('e', 'é')}\n{text}"
    several = whole if sizes == (1024, 32) else " ".join(whole.split())
    paragraphs = [decompose(paragraph) for paragraph in several.split("\n")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(setting, "WINDOW", sizes[0])
        patch.setattr(setting, "AHEAD", sizes[1])
        hand = Varied(wild)
        lines = Setter(hand, hand.measures, layout, 0).lines(paragraphs)
    plain = set_all_anew(Varied(wild), paragraphs, layout)
    for one, other in zip(lines, plain, strict=True):
        assert (one.paragraph, one.part, one.text) == (other.paragraph, other.part, other.text)
        assert (one.placed is None) == (other.placed is None)
        if one.placed and other.placed:
            assert np.array_equal(one.placed.line, other.placed.line)


LETTERS = "acemnogpyhklTHIBéü"


def word(n: int, rng: np.random.Generator) -> str:
    return "".join(rng.choice(list(LETTERS), n))


def paragraph(n: int, rng: np.random.Generator) -> str:
    return " ".join(word(int(rng.integers(1, 10)), rng) for _ in range(n // 6))


def work(text: str, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count what it takes to set a text: characters and marks looked through, lines written."""
    counts: Counter[str] = Counter()
    whole, part = break_paragraph, DecomposedText.part

    def counting_broken(text: str, *more: Any) -> list[Part]:
        counts["characters"] += len(text)
        return whole(text, *more)

    def counting_part(its: DecomposedText, start: int, end: int) -> DecomposedText:
        counts["marks"] += 1 + len(its.marks)
        return part(its, start, end)

    class Counting(Hand):
        def __call__(
            self, texts: Sequence[str], numbers: Sequence[int]
        ) -> Iterator[tuple[int, Draft]]:
            counts["texts"] += len(texts)
            counts["written"] += len(numbers)
            return super().__call__(texts, numbers)

    hand = Counting(0.3)
    its = Setter(hand, hand.measures, Layout("a4", size=3.0), 0)
    with monkeypatch.context() as patch:
        patch.setattr(setting, "WINDOW", 32)
        patch.setattr(setting, "AHEAD", 8)
        patch.setattr(setting, "break_paragraph", counting_broken)
        patch.setattr(DecomposedText, "part", counting_part)
        counts["lines"] = len(its.lines([decompose(text)]))
    return counts


@pytest.mark.parametrize("make", [word, paragraph], ids=lambda make: make.__name__)
def test_a_paragraph_twice_as_long_is_twice_the_work(
    make: Callable[[int, np.random.Generator], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    once = work(make(6000, np.random.default_rng(0)), monkeypatch)
    twice = work(make(12000, np.random.default_rng(0)), monkeypatch)
    assert once["lines"] > 2 * 32, "take a longer paragraph, or look at fewer lines together"
    assert once["written"] > 1.2 * once["lines"], "no line was too wide; take a wilder hand"
    for what, n in once.items():
        assert twice[what] < 2.5 * n, what


@pytest.mark.parametrize(("room", "n"), [(0.25, 0), (0.35, 1), (0.85, 2), (1.7, 3), (9.0, 5)])
def test_characters_that_have_room_are_counted(room: float, n: int) -> None:
    made = Hand().penned("xxxxx")
    assert count_fitting(made.line, made.letter, 5, room) == n
