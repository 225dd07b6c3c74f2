"""SVG strokes: every command and shape, groups and looks, and what can't be strokes."""

from contextlib import suppress
from xml.etree import ElementTree

import numpy as np
import pytest
from refusals import refused

from neuropil.apps.handwrite import svg_strokes
from neuropil.kit.errors import UserError

PEN = 'fill="none" stroke="black"'


def drawn(inside: str, around: str = PEN) -> list[svg_strokes.Places]:
    text = f'<svg xmlns="http://www.w3.org/2000/svg" {around}>{inside}</svg>'
    return svg_strokes.svg_strokes(ElementTree.fromstring(text))


def one(inside: str, around: str = PEN) -> list[list[float]]:
    (stroke,) = drawn(inside, around)
    return [[round(x, 9), round(y, 9)] for x, y in stroke.tolist()]


@pytest.mark.parametrize(
    "inside",
    [
        '<path d="M1 2L3 4 5 2"/>',
        '<path d="m1,2l2,2 2-2"/>',
        '<path d="M1 2 3 4 5 2"/>',
        '<path d="m1 2 2 2 2-2"/>',
        '<polyline points="1,2 3,4 5,2"/>',
        '<path d="M1 2L3 4"/><path d="M3 4L5 2"/>',
        '<line x1="1px" y1="2" x2="3" y2="4"/><line x1="3" y1="4" x2="5" y2="2"/>',
        '<g transform="translate(1 2)"><path transform="scale(2)" d="M0 0L1 1L2 0"/></g>',
        '<path transform="matrix(0 1 -1 0 0 0)" d="M2-1L4-3 2-5"/>',
        '<path transform="rotate(90)" d="M2-1L4-3 2-5"/>',
        '<path transform="rotate(180, 3, 3) scale(-1 1) translate(-6)" d="M1 4L3 2 5 4"/>',
        '<path transform="skewX(45)" d="M-1 2L-1 4L3 2"/>',
        '<path transform="skewY(45)" d="M1 1L3 1L5-3"/>',
    ],
)
def test_one_stroke_in_many_spellings(inside: str) -> None:
    assert one(inside) == [[1, 2], [3, 4], [5, 2]]


def test_straight_commands_and_closing() -> None:
    square = [[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]
    assert one('<path d="M0 0H2V2H0Z"/>') == square
    assert one('<path d="M0 0h2v2h-2z"/>') == square
    assert one('<polygon points="0 0 2 0 2 2 0 2"/>') == square


def test_pen_is_put_down_anew() -> None:
    two = drawn('<path d="M0 0L1 1M5 5L6 6"/>')
    assert [stroke.tolist() for stroke in two] == [[[0, 0], [1, 1]], [[5, 5], [6, 6]]]
    after_close = drawn('<path d="M0 0H1V1ZM8 8zm1 1"/>')
    assert [stroke[-1].tolist() for stroke in after_close] == [[0, 0], [8, 8]]


@pytest.mark.parametrize("curve", ["M0 0A2 2 0 0 1 4 0", "m0 0a1,1 30 014,0", "M0 0A2 2 0 1 1 4 0"])
def test_arc_is_a_half_circle(curve: str) -> None:
    (stroke,) = drawn(f'<path d="{curve}"/>')
    assert np.hypot(*(stroke - [2, 0]).T) == pytest.approx(2)
    assert stroke[[0, -1]] == pytest.approx(np.array([[0, 0], [4, 0]]))
    assert stroke[len(stroke) // 2] == pytest.approx([2, -2])


@pytest.mark.parametrize(("large", "sweep", "high"), [(0, 0, 1), (0, 1, -1), (1, 0, 4), (1, 1, -4)])
def test_arc_takes_the_side_that_its_flags_say(large: int, sweep: int, high: int) -> None:
    """Of a circle of radius 2.5 over a chord of 4, one side is 1 high and the other 4."""
    (stroke,) = drawn(f'<path d="M0 0A2.5 2.5 0 {large}{sweep}4 0"/>')
    assert stroke[np.abs(stroke[:, 1]).argmax()] == pytest.approx([2, high], abs=0.01)


def test_flat_arcs_are_lines() -> None:
    (flat,) = drawn('<path d="M0 0A0 2 0 0 1 4 0"/>')
    assert flat[[0, -1]].tolist() == [[0, 0], [4, 0]]
    assert not flat[:, 1].any()


def test_curves_pass_where_they_should() -> None:
    (cubic,) = drawn('<path d="M0 0C0 4 8 4 8 0S16-4 16 0"/>')
    assert cubic[8] == pytest.approx([4, 3])
    assert cubic[24] == pytest.approx([12, -3])
    (quadratic,) = drawn('<path d="M0 0Q4 4 8 0T16 0t8 0"/>')
    assert quadratic[[8, 24, 40]] == pytest.approx(np.array([[4, 2], [12, -2], [20, 2]]))
    (unmirrored,) = drawn('<path d="M0 0T8 0"/>')
    assert unmirrored[:, 1].tolist() == [0] * len(unmirrored)


def test_circle_is_a_dot() -> None:
    assert one('<circle cx="3" cy="4" r="1" fill="black" stroke="none"/>') == [[3, 4], [3, 4]]


@pytest.mark.parametrize(
    "inside",
    [
        '<path style="fill:none;stroke:#123456" d="M0 0L1 1"/>',
        '<style>.a, .b {fill: none; stroke: red} /* ink */</style><path class="x b" d="M0 0L1 1"/>',
        '<style>path {stroke: red !important}</style><path d="M0 0L1 1"/>',
        '<style>#ink {stroke: red}</style><path id="ink" d="M0 0L1 1"/>',
        '<g stroke="black"><g fill="none"><path stroke="inherit" d="M0 0L1 1"/></g></g>',
        '<path fill="#FFF" d="M0 0H9V9Z"/><path stroke="black" d="M0 0L1 1"/>',
        '<rect width="9" height="9"/><path stroke="black" d="M0 0L1 1"/>',
        '<defs><path d="M0 0H9V9Z"/></defs><path stroke="black" d="M0 0L1 1"/>',
        '<g display="none"><path d="M0 0H9V9Z"/></g><path stroke="black" d="M0 0L1 1"/>',
    ],
)
def test_looks_and_what_is_not_seen(inside: str) -> None:
    assert one(inside, "") == [[0, 0], [1, 1]]


@pytest.mark.parametrize(
    ("inside", "code", "given"),
    [
        ('<path fill="black" stroke="none" d="M0 0L1 1"/>', "input.content", "<p"),
        ('<polygon stroke="none" fill="red" points="0 0 1 1 2 0"/>', "input.content", "<p"),
        ('<path d="M0 0L1"/>', "input.damaged", "M0 0"),
        ('<path d="M0 0Z5"/>', "input.damaged", "M0 0"),
        ('<path d="M0 0H"/>', "input.damaged", "M0 0"),
        ('<path d="M0 0A1 1 0 2 1 5"/>', "input.damaged", "M0 0"),
        ('<path d="M0 0L1 x"/>', "input.damaged", "M0 0"),
        ('<path d="M0 0L1 1e99"/>', "input.content", ""),
        ('<polyline points="one two"/>', "input.damaged", "one two"),
        ('<line x2="50%"/>', "input.damaged", "50%"),
        ('<line x2="5 6"/>', "input.damaged", "5 6"),
        ('<path transform="spin(4)" d="M0 0L1 1"/>', "input.damaged", "spin"),
        ('<path transform="matrix(4)" d="M0 0L1 1"/>', "input.damaged", "matrix"),
    ],
)
def test_what_is_no_stroke_is_refused(inside: str, code: str, given: str) -> None:
    with refused(code, given):
        drawn(inside)


HOSTILE = [  # on which careless patterns take hours
    f'<path d="M0 0A{"1" * 300_000}"/>',
    f'<path d="M0 0A{"1 " * 300_000}"/>',
    f'<path d="M0 0L{"1e" * 300_000}"/>',
    f'<path d="{" " * 300_000}L"/>',
    f'<polyline points="{"-" * 300_000}"/>',
    f'<path transform="{"a(" * 300_000}" d="M0 0"/>',
    f'<path transform="{"a" * 300_000}" d="M0 0"/>',
    f"<style>{'a' * 300_000}</style>",
    f"<style>{'/*' * 300_000}</style>",
    f"<style>{'a{' * 300_000}</style>",
]


@pytest.mark.parametrize("inside", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_files_end(inside: str) -> None:
    with suppress(UserError):
        assert drawn(inside) == []


def test_groups_may_be_nested_deeply() -> None:
    deep = 5000
    assert one(f'{"<g>" * deep}<path d="M0 0L1 1"/>{"</g>" * deep}') == [[0, 0], [1, 1]]
