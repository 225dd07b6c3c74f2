"""HPGL and DXF: the strokes as straight lines, and nothing else."""

import io
import re
import sys
from typing import Any

import numpy as np
import pytest
from refusals import refused

from neuropil.kit.drawing import dxf as dxf_file
from neuropil.kit.drawing.dxf import MILLIMETERS, dxf
from neuropil.kit.drawing.hpgl import UNITS, hpgl
from neuropil.kit.drawing.polylines import DOT, polylines
from neuropil.kit.drawing.strokes import Floats, Paper, Stroke

PAPER = Paper(100, 60)
CLOCK = np.linspace(0, 6, 30)
WAVE = np.stack([10 + 10 * CLOCK, 30 + 12 * np.sin(2 * CLOCK)], axis=1)
DOT_PLACE = [50.0, 5.25]
STROKES = Stroke(WAVE), Stroke(np.array([DOT_PLACE])), Stroke(np.array([[0.0, 60], [100, 0]]))
OFF = (Stroke(np.array([[10.0, 10], [110, 10]])),)
INK = (26, 42, 108)


def read_hpgl(text: str) -> list[Floats]:
    """Run HPGL: what is drawn with the pen down, in mm."""
    words = re.findall(r"([A-Z]{2})([-\d,]*);", text)
    assert re.sub(r"([A-Z]{2})([-\d,]*);|\n", "", text) == ""
    assert [word for word in words if word[0] not in ("PU", "PD")] == [
        *(("IN", ""), ("SP", "1"), ("SP", "0")),
    ]
    lines = []
    for (up, start), (down, others) in zip(words[2:-2:2], words[3:-2:2], strict=True):
        assert (up, down) == ("PU", "PD")
        numbers = [int(word) for word in f"{start},{others}".strip(",").split(",")]
        lines.append(np.array(numbers).reshape(-1, 2) / UNITS)
    return lines


def test_hpgl_draws_the_strokes_and_nothing_else() -> None:
    drawn = read_hpgl(hpgl(STROKES, PAPER))
    for lines, expected in zip(drawn, polylines(STROKES, PAPER), strict=True):
        np.testing.assert_allclose(lines, expected, atol=0.5 / UNITS + 1e-9)
    np.testing.assert_allclose(drawn[1], [[50, 54.75]])
    np.testing.assert_allclose(drawn[2], [[0, 0], [100, 60]])


def test_dxf_holds_the_strokes_in_millimeters() -> None:
    from ezdxf.filemanagement import read

    document = read(io.StringIO(dxf(STROKES, PAPER, INK)))
    lines: list[Any] = list(document.modelspace())
    assert document.units == MILLIMETERS
    assert {line.dxftype() for line in lines} == {"LWPOLYLINE"}
    drawn = [np.array(list(line.get_points("xy"))) for line in lines]
    for number, expected in enumerate(polylines(STROKES, PAPER)):
        if number != 1:
            np.testing.assert_allclose(drawn[number], expected, atol=0.00051)
    np.testing.assert_allclose(drawn[1], [[50, 54.75], [50 + DOT, 54.75]])
    assert {tuple(line.rgb) for line in lines} == {INK}


def test_dxf_is_the_same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    first = dxf(STROKES, PAPER, INK)
    monkeypatch.setattr("time.time", lambda: 1e9)
    assert dxf(STROKES, PAPER, INK) == first


def test_off_the_paper_nothing_is_drawn() -> None:
    with refused("output.content", "(110.0, 10.0) mm", "100 × 60"):
        hpgl(OFF, PAPER)
    with refused("output.content", "(110.0, 10.0) mm"):
        dxf(OFF, PAPER, INK)


def test_dxf_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dxf_file, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "ezdxf", None)
    with refused("dependency.missing", "ezdxf", "[plotter]", ".hpgl"):
        dxf(STROKES, PAPER, INK)
