import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from refusals import refused

from neuropil.kit.drawing.gcode import Plotter, gcode
from neuropil.kit.drawing.polylines import TOLERANCE
from neuropil.kit.drawing.strokes import Floats, Paper, Stroke, catmull_rom_beziers, flatten_beziers

PAPER = Paper(100, 60)
CLOCK = np.linspace(0, 6, 30)
WAVE = np.stack([10 + 10 * CLOCK, 30 + 12 * np.sin(2 * CLOCK)], axis=1)
STROKES = Stroke(WAVE), Stroke(np.array([[50.0, 5.25]])), Stroke(np.array([[0.0, 60], [100, 0]]))


def machine(text: str, plotter: Plotter) -> tuple[list[Floats], Floats, bool]:
    """Run G-code: what was drawn with the pen down, y down again, and how it ended."""
    drawn: list[list[Any]] = []
    place, down = np.zeros(2), False
    for line in text.splitlines():
        if line in (plotter.pen_up, plotter.pen_down):
            down = line == plotter.pen_down
            if down:
                drawn.append([place])
        elif found := re.fullmatch(r"(G0|G1) X(\S+) Y(\S+)( F3000)?", line):
            place = np.array([float(found[2]), float(found[3])])
            assert (found[1] == "G1") == down == bool(found[4])  # draws down, travels up
            if down:
                drawn[-1].append(place)
        else:
            assert line in ("G21", "G90", f"G4 P{plotter.settle:.3g}"), line
    return [np.array(d) * (1, -1) + (0, PAPER.height) for d in drawn], place, down


def apart(places: Floats, lines: Floats) -> Floats:
    """Measure how far each place is from a polyline."""
    start, way = lines[:-1] if len(lines) > 1 else lines, np.diff(lines, axis=0)
    way = way if len(way) else np.zeros((1, 2))
    off = places[:, None] - start
    share = (off * way).sum(axis=2) / np.maximum((way**2).sum(axis=1), 1e-12)
    nearest = off - np.clip(share, 0, 1)[..., None] * way
    return np.asarray(np.hypot(nearest[..., 0], nearest[..., 1]).min(axis=1))


def test_a_plotter_draws_the_strokes_and_nothing_else() -> None:
    text = gcode(STROKES, PAPER, Plotter())
    drawn, place, down = machine(text, Plotter())
    assert len(drawn) == len(STROKES)
    for lines, stroke in zip(drawn, STROKES, strict=True):
        pieces = catmull_rom_beziers(stroke.points)
        fine = flatten_beziers(pieces, 1e-4)[0] if len(pieces) else stroke.points
        assert apart(lines, fine).max() < 0.002  # every corner is on the curve
        assert apart(fine, lines).max() <= TOLERANCE
        for point in stroke.points:
            assert np.hypot(*(lines - point).T).min() < 0.001
    assert (place.tolist(), down) == ([0, 0], False)
    assert text.endswith("\n")


def test_it_begins_with_units_and_the_pen_up() -> None:
    assert gcode(STROKES, PAPER, Plotter()).splitlines()[:4] == ["G21", "G90", "M3 S0", "G4 P0.15"]


def test_a_machine_has_words_of_its_own() -> None:
    own = Plotter(pen_up="M280 P0 S60", pen_down="M280 P0 S20", settle=0)
    text = gcode(STROKES, PAPER, own)
    assert "G4" not in text
    assert text.count("M280 P0 S20\n") == 3
    assert text.count("M280 P0 S60\n") == 4
    assert "F1234\n" in gcode(STROKES, PAPER, replace(own, feed=1234))


@pytest.mark.parametrize("place", [[-0.2, 5], [100.2, 5], [5, -0.2], [5, 60.2]])
def test_no_plotter_is_sent_off_the_paper(place: list[float]) -> None:
    stroke = Stroke(np.array([[50.0, 30], place]))
    with refused("output.content", "100 × 60"):
        gcode([stroke], PAPER, Plotter())


@pytest.mark.parametrize("line", ["", "  ", "M3 S0\nM30", "M3\tS0", "M3 Sé", "M" * 81])
@pytest.mark.parametrize("name", ["pen_up", "pen_down"])
def test_pen_commands_are_one_line(name: str, line: str) -> None:
    change: dict[str, Any] = {name: line}
    with refused("option.syntax", name, repr(line)):
        Plotter(**change)


@pytest.mark.parametrize("change", [{"feed": 0}, {"feed": float("nan")}, {"settle": -1}])
def test_a_plotter_has_sensible_numbers(change: dict[str, Any]) -> None:
    with refused("option.range", *change, *change.values()):
        Plotter(**change)
