"""A walk through the colorizer, from the color of a pixel to the photograph; as text and page."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from refusals import refused

from neuropil.apps.colorize.app import COLORIZER, Colorize
from neuropil.apps.colorize.lab.seen import CHANNELS
from neuropil.apps.colorize.probe import At, RgbColor
from neuropil.core.activations import (
    ACTIVATIONS,
    RELU,
    Activation,
    clip,
    elu,
    leaky_relu,
    power_function,
    softmax_share,
)
from neuropil.core.formatting import to_text
from neuropil.core.probe import Probe
from neuropil.kit.media.image import Image
from neuropil.microscope import formatting, page
from neuropil.microscope.chain import load_chain
from neuropil.microscope.javascript import FORMULAS, to_javascript
from neuropil.microscope.operator_table import OPERATORS
from neuropil.microscope.walk import Walk, walk_back
from neuropil.surfaces.cli import main as cli

SAMPLES = Path(__file__).parents[2] / "src" / "neuropil" / "samples"
PHOTO = SAMPLES / "pumpkins.jpg"
AFTER = 12  # steps after the network
SIZES = [(605, 409), (1300, 900), (120, 90), (7, 5)]


def sized(width: int, height: int) -> Image:
    pixels = Image.open(PHOTO).pixels
    rows = np.linspace(0, len(pixels) - 1, height).astype(int)
    columns = np.linspace(0, pixels.shape[1] - 1, width).astype(int)
    return Image(pixels[rows][:, columns])


@pytest.fixture(scope="module")
def app() -> Colorize:
    return Colorize()


def look(app: Colorize, photo: Image, x: int, y: int) -> Walk:
    probe = app.probe(photo, at=At(x, y))
    return walk_back(load_chain(probe.networks), probe, depth=2)


def places(width: int, height: int) -> Iterator[tuple[int, int]]:
    yield from ((0, 0), (width - 1, height - 1), (width // 5, 3 * height // 5), (width // 2, 0))


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_first_steps_are_the_color_that_is_painted(
    app: Colorize, width: int, height: int
) -> None:
    photo = sized(width, height)
    painted = app(photo)
    for x, y in places(width, height):
        walk = look(app, photo, x, y)
        for stage in walk.steps:
            assert stage.record.check().passed, stage.record.name
        rgb = [walk.steps[i].record.a for i in range(3)]
        assert np.abs(np.array(rgb) - painted.pixels[y, x]).max() <= 0.56


def test_colors_out_of_a_screens_reach_add_up_too(app: Colorize) -> None:
    """A nearly white pixel under a strong hint can't show its chroma: the share does it."""
    from neuropil.apps.colorize.hints import Hint

    pixels = np.full((60, 80, 3), 250, np.uint8)
    pixels[:, 40:] = 30
    photo, hints = Image(pixels), (Hint(20, 30, (0, 40, 255)),)
    probe = app.probe(photo, at=At(20, 30), hints=hints)
    walk = walk_back(load_chain(probe.networks), probe)
    assert "for its strength on a screen" in walk.steps[3].record.terms[1].name
    assert all(stage.record.check().passed for stage in walk.steps)


def test_every_step_hands_its_number_on(app: Colorize) -> None:
    walk = look(app, sized(605, 409), 130, 250)
    for number, stage in enumerate(walk.steps):
        for term, lower in stage.children.items():
            assert lower > number
            x, a = stage.record.terms[term].x, walk.steps[lower].record.a
            assert x == pytest.approx(a, rel=2e-5, abs=1e-7)
    linked = {lower for stage in walk.steps for lower in stage.children.values()}
    assert linked | {0, 1, 2} == set(range(len(walk.steps)))


def test_a_target_makes_a_loss_that_a_step_makes_smaller(app: Colorize) -> None:
    probe = app.probe(sized(605, 409), at=At(130, 250), target=RgbColor((208, 128, 64)), rate=0.01)
    walk = walk_back(load_chain(probe.networks), probe)
    record = walk.steps[-1].record
    back = record.backward
    assert back
    assert back.perturb
    assert record.check().passed
    assert record.check().gradient_allowed
    truth = app.palette[RgbColor((208, 128, 64)).palette_index()]
    assert np.abs(truth - [22, 50]).max() < 12  # orange: a bit of red, much yellow
    step = sum((w - t.w) * t.x for w, t in zip(record.updated_weights, record.terms, strict=True))
    assert back.perturb(step) < back.perturb(0) or record.dL_dz == 0


@pytest.mark.parametrize("shade", [0, 3, 12, 128, 255])
def test_flat_photographs_add_up(app: Colorize, shade: int) -> None:
    photo = Image(np.full((20, 30, 3), shade, np.uint8))
    for stage in look(app, photo, 3, 3).steps:
        assert stage.record.check().passed, stage.record
    first = to_text(look(app, photo, 3, 3).steps[0].record)
    if shade < 255:  # on white its color decides
        assert ("12.92" in first) == (shade in (0, 3))


@pytest.mark.parametrize("strength", [0.0, 0.5, 2.5])
def test_the_strength_is_part_of_it(app: Colorize, strength: float) -> None:
    photo = sized(605, 409)
    probe = app.probe(photo, at=At(130, 250), strength=strength)
    walk = walk_back(load_chain(probe.networks), probe)
    painted = app(photo, strength=strength)
    assert all(stage.record.check().passed for stage in walk.steps)
    rgb = [walk.steps[i].record.a for i in range(3)]
    assert np.abs(np.array(rgb) - painted.pixels[250, 130]).max() <= 0.56


def test_the_color_that_is_followed_pulls_most(app: Colorize) -> None:
    walk = look(app, sized(605, 409), 130, 250)
    a, b = (walk.steps[i].record for i in (8, 9))
    (n,) = walk.steps[8].children
    assert a.name.startswith("a of the cell")
    pulls = [a.z * s.product + b.z * t.product for s, t in zip(a.terms, b.terms, strict=True)]
    assert n == int(np.argmax(pulls))
    names = [walk.steps[i].record.name for i in (6, 7)]
    assert names == ["a of the pixel (green to red)", "b of the pixel (blue to yellow)"]


def test_places_outside_are_refused(app: Colorize) -> None:
    with refused("option.range", "7,0", "0 to 6", "0 to 4") as caught:
        app.probe(sized(7, 5), at=At(7, 0))
    assert caught.value.facts["high"] == (6, 4)


# --- telling -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def walk(app: Colorize) -> Walk:
    probe: Probe = app.probe(sized(605, 409), at=At(130, 250))
    return walk_back(load_chain(probe.networks), probe, depth=4)


def test_text_and_numbers_tell_the_same(walk: Walk) -> None:
    text = "\n".join(formatting.to_lines(walk, 6, 5))
    told = json.loads(json.dumps(formatting.to_json(walk, 3)))
    assert max(len(stage["terms"]) for stage in told["steps"]) == 3
    assert text.count("the application ran") == AFTER
    assert len(told["steps"]) == len(walk.steps) == AFTER + 4
    assert all(stage["checked"] for stage in told["steps"])
    for stage in told["steps"]:
        products = sum(term["w"] * term["x"] for term in stage["terms"])
        assert products + stage["rest"] + stage["bias"] == pytest.approx(stage["z"], abs=1e-9)
        assert stage["name"] in text
        assert f"{stage['a']:.6g}" in text
    assert "CHECK FAILED" not in text


def test_the_page_carries_everything_that_it_adds_up(walk: Walk) -> None:
    made = page.render_walk(walk, "neuropil open <x>")
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', made, re.DOTALL)
    assert found
    data = json.loads(found[1])
    assert "<x>" not in made
    assert not re.search(r'(?:src|href)="(?!data:|#)', made)  # nothing is fetched
    for told, stage in zip(data["steps"], walk.steps, strict=True):
        total = sum(x * w for x, w in zip(told["x"], told["w"], strict=True)) + told["bias"]
        assert total == pytest.approx(stage.record.z, rel=1e-9, abs=1e-9)
        assert len(told["names"]) == len(told["x"])
        assert told["proved"]
        if told["field"]:
            assert all(0 <= part <= 1 for part in told["field"])


def test_the_page_marks_places_where_they_are(app: Colorize) -> None:
    probe = app.probe(sized(605, 409), at=At(130, 250))
    made = page.image_json(probe.probed_image) if probe.probed_image else {}
    painted = app(sized(605, 409))
    assert made["at"] == pytest.approx([130.5 / 605, 250.5 / 409])
    assert made["rgb"] == painted.pixels[250, 130].tolist()
    assert made["picture"].startswith("data:image/jpeg;base64,")
    walk = walk_back(load_chain(probe.networks), probe)
    H, W = walk.activations.values["lightness"].shape[2:]
    left, top, width, height = page.relative_box(((8, 15), (48, 95)), walk)
    assert (left, top) == pytest.approx((48 / W, 8 / H))
    assert (width, height) == pytest.approx((48 / W, 8 / H))


def test_the_pages_curves_are_those_of_python(walk: Walk) -> None:
    """JavaScript's formulas, read as Python, give the same numbers."""
    names = {"Math.": "math.", "erf(": "math.erf(", "math.max": "max", "math.min": "min"}
    names |= {"math.SQRT2": "math.sqrt(2)", "math.abs": "abs"}
    n = 0
    for stage in walk.steps:
        js = to_javascript(stage.record.activation)
        if "?" in js or "x[" in js:
            continue
        for old, new in names.items():
            js = js.replace(old, new)
        found = eval(js, {"math": math, "z": stage.record.z})
        assert found == pytest.approx(stage.record.a, rel=1e-12, abs=1e-12)
        n += 1
    assert n >= 5


FAMILIES = {
    leaky_relu(0.2): "z > 0 ? z : 0.2 * z",
    elu(1.5): "z > 0 ? z : 1.5 * Math.expm1(z)",
    clip(-math.inf, 6.0): "Math.min(Math.max(z, -Infinity), 6.0)",
    power_function(2.0, 0.5): "2.0 * Math.pow(z, 0.5)",
    softmax_share(0.25, 3): "x[3] / z",
}


@pytest.mark.parametrize("curve", FAMILIES, ids=lambda curve: curve.name)
def test_families_of_curves_put_their_parameters_in(curve: Activation) -> None:
    assert to_javascript(curve) == FAMILIES[curve]


def test_every_curve_is_known_to_the_page() -> None:
    known = {*ACTIVATIONS.values(), *(spec.activation for spec in OPERATORS.values())}
    curves = [curve for curve in known if isinstance(curve, Activation)]
    assert len(curves) > 10
    assert {curve.name for curve in curves} <= FORMULAS.keys()
    assert to_javascript(replace(RELU, name="of another world")) == "NaN"


# --- the command line --------------------------------------------------------------------------


def test_the_command_line_opens_a_pixel(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    html, csv = tmp_path / "walk.html", tmp_path / "terms.csv"
    line = ["open", "colorize", str(PHOTO), "--at", "130,250"]
    assert cli.run([*line, "-o", str(html), "-o", str(csv)]) == 0
    out = capsys.readouterr().out
    assert "red of the pixel" in out
    assert out.splitlines()[-3:-1] == [str(html), str(csv)]
    assert html.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert csv.read_text(encoding="utf-8").startswith("input,x,w,w·x,dL/dw")
    deeper = out.splitlines()[-1].removeprefix("deeper: neuropil ")
    assert cli.run([*line, "-o", str(html)]) == 2  # it is there
    capsys.readouterr()
    import shlex

    assert cli.run([*line, "-o", str(html), "--force"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].removeprefix("deeper: neuropil ") == deeper
    assert cli.run(shlex.split(deeper)) == 0
    again = capsys.readouterr().out
    assert "red of the pixel" not in again
    assert "widen.0 relu" in again.splitlines()[0]


def test_any_file_is_listed_and_opened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(Colorize.networks[COLORIZER].path)
    assert cli.run(["open", file]) == 0
    assert "logits  Add" in capsys.readouterr().out
    seen = {f"stride_{s}": (1, c, 32 // s, 32 // s) for s, c in CHANNELS.items()}
    given = {"lightness": (1, 1, 32, 32), "hints": (1, 9, 8, 8), **seen, "mean_features": (1, 1280)}
    feeds = []
    for name, shape in given.items():
        np.save(tmp_path / f"{name}.npy", np.zeros(shape, np.float32))
        feeds += ["--input", f"{name}={tmp_path / name}.npy"]
    assert cli.run(["open", file, *feeds, "--unit", "logits,0,3,2,2", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["steps"][0]["checked"]
    assert record["steps"][0]["inputs"] == 2 * 128  # of both opinions
    assert cli.run(["open", file, *feeds]) == 0
    assert "logits  Add  (1, 132, 8, 8)" in capsys.readouterr().out


WRONG = [
    ("open colorize", "needs an input"),
    ("open drive", "needs an input, as in: neuropil open drive drive.mp4"),
    (f"open colorize {PHOTO}", "at is missing; it reads X,Y"),
    (f"open colorize {PHOTO} --at 1", "it reads X,Y, for example"),
    (f"open colorize {PHOTO} --at 9999,1", "lies outside the picture"),
    (f"open colorize {PHOTO} --at 1,1 --target red", "it reads #RRGGBB"),
    (f"open colorize {PHOTO} --at 1,1 --unit logitz,0,0,0,0", "did you mean logits?"),
    (f"open colorize {PHOTO} --at 1,1 --unit logits", "logits is a whole tensor: name a unit"),
    (f"open colorize {PHOTO} --at 1,1 --unit logits,0,999,0,0", "its 4 axes go 0..0, 0..131"),
    ("open colorize nothing.jpg --at 1,1", "there is no file nothing.jpg"),
    ("open colrize a.jpg", "did you mean colorize?"),
    ("open nothing.onnx", "there is no file nothing.onnx"),
    ("open neuron", "neuron has no network to open"),
    (f"open colorize {PHOTO} --at 1,1 -o walk.jpg", "end the name in .html, .csv, .png"),
    (f"open colorize {PHOTO} --at 1,1 -o {PHOTO} --force", "end the name in .html, .csv, .png"),
]


@pytest.mark.parametrize(("line", "sentence"), WRONG)
def test_mistakes(line: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(line.split()) == 2
    assert sentence in capsys.readouterr().err
