"""Which character each point belongs to: the likeliest path, and where lines are cut."""

from itertools import product

import numpy as np
import pytest

from neuropil.apps.handwrite.alphabet import encode_text
from neuropil.apps.handwrite.app import READER
from neuropil.apps.handwrite.lab.alignment import align, boundary, cut, force_align
from neuropil.apps.handwrite.lab.glyphs import WRITER_GLYPHS, HandGeometry, draw_glyphs
from neuropil.apps.handwrite.strokes import Line, normalize, split_strokes


def spell(path: tuple[int, ...]) -> tuple[int, ...]:
    """Take repetitions and blanks out of a path."""
    kept = [n for n, before in zip(path, (-1, *path), strict=False) if n != before]
    return tuple(n for n in kept if n)


@pytest.mark.parametrize("text", [(1, 2), (1, 1), (2, 1, 2), (2,)])
def test_the_path_is_the_likeliest_of_all(text: tuple[int, ...]) -> None:
    rng = np.random.default_rng(len(text))
    for _ in range(10):
        log_p = np.log(rng.dirichlet(np.ones(3), 5))
        paths = [path for path in product(range(3), repeat=5) if spell(path) == text]
        best = max(paths, key=lambda path: log_p[range(5), path].sum())
        peaks = force_align(log_p, np.array(text))
        assert peaks is not None
        runs = np.flatnonzero(np.diff([-1, *best]))
        ends = [*runs[1:], 5]
        spans = [(a, b - 1) for a, b in zip(runs, ends, strict=True) if best[a]]
        assert peaks.tolist() == [list(span) for span in spans]


def test_a_text_too_long_for_the_places_has_no_path() -> None:
    assert force_align(np.zeros((2, 3)), np.array([1, 2, 1])) is None
    assert force_align(np.zeros((2, 3)), np.array([1, 1])) is None  # a blank has to lie between


def bars(*lefts: float) -> Line:
    """Draw upright strokes of five points, the first with a foot."""
    y = np.linspace(-0.5, 0.5, 5)
    return np.concatenate([np.column_stack([np.full(5, x), y, y == 0.5]) for x in lefts])


def test_a_line_is_cut_at_the_widest_lift_between_two_peaks() -> None:
    line = bars(0.0, 0.2, 1.0)  # the first character has two strokes
    end, gap = boundary(line, np.array([1, 1]), np.array([12, 12]))
    assert end == 9
    assert gap == pytest.approx(0.8)


def test_a_join_is_cut_in_the_middle() -> None:
    line = bars(0.0)
    assert boundary(line, np.array([0, 1]), np.array([4, 4])) == (2, -np.inf)


def test_points_go_with_their_characters_and_spaces_have_none() -> None:
    line = bars(0.0, 0.5, 2.0)
    characters, gaps = cut(line, "ab c", np.array([[1, 2], [6, 7], [9, 9], [12, 13]]))
    assert characters.tolist() == [0] * 5 + [1] * 5 + [3] * 5
    assert gaps[[0, 1]] == pytest.approx([0.5, 1.5])
    assert gaps[[2, 3]].tolist() == [-np.inf, -np.inf]


def test_the_reader_finds_each_digit() -> None:
    text = "4 7 1"
    line = normalize(
        draw_glyphs(text, WRITER_GLYPHS, HandGeometry(-1.0, 1.0, 0.0), np.random.default_rng(0))
    )
    found = align(READER.open(threads=1), line, text)
    assert found is not None
    assert len(found.characters) == len(line)
    owners = [
        set(found.characters[line[:, 0] >= 0][at])
        for at in np.split(np.arange(len(line)), np.flatnonzero(line[:, 2])[:-1] + 1)
    ]
    assert owners == [{0}] * 2 + [{2}] + [{4}]  # a four has two strokes
    assert len(found.confidence) == len(encode_text(text))
    assert (found.confidence > 0).all()
    assert (found.confidence <= 1).all()
    assert len(split_strokes(line)) == 4


def test_a_line_of_too_few_points_is_left_out() -> None:
    dot = np.array([[0.0, 0.0, 0.0], [0.1, 0.0, 1.0]])
    assert align(READER.open(threads=1), dot, "a long text") is None
