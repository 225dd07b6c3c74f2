"""From a probability down to the pixels: every step hands its number on, and each is proven."""

import re
from pathlib import Path

import numpy as np
import pytest
from refusals import refused

from neuropil.apps.classify.app import Classify
from neuropil.apps.classify.prediction import ClassName
from neuropil.core.probe import Probe
from neuropil.kit.media.image import Image
from neuropil.microscope import formatting, page, saliency
from neuropil.microscope.activations import perturb
from neuropil.microscope.graph import load_graph
from neuropil.microscope.walk import Walk, to_image_box, walk_back
from neuropil.surfaces.cli import main as cli

SAMPLES = Path(__file__).parents[3] / "src" / "neuropil" / "samples"
CAT = Image.open(SAMPLES / "cat-color.jpg")


@pytest.fixture(scope="module")
def app() -> Classify:
    return Classify()


def look(probe: Probe, depth: int = 1) -> Walk:
    return walk_back(load_graph(probe.network), probe, depth=depth)


def check_steps(walk: Walk, tolerance: float) -> None:
    """Every step is proven, and hands its number on to a step above it."""
    for number, stage in enumerate(walk.steps):
        assert stage.record.check().passed, stage.record.name
        for term, lower in stage.children.items():
            assert lower > number
            x, a = stage.record.terms[term].x, walk.steps[lower].record.a
            assert x == pytest.approx(a, rel=tolerance, abs=tolerance)


@pytest.mark.parametrize("label", ["cat", "dog", "ship", "none"])
def test_the_walk_begins_with_what_is_printed(app: Classify, label: str) -> None:
    walk = look(app.probe(CAT, classes="ten", label=ClassName(label)))
    printed = {g.name: g.probability for g in app(CAT, top=11, classes="ten").guesses}
    name = "none of them" if label == "none" else label
    assert walk.steps[0].record.a == pytest.approx(printed[name], rel=1e-6)
    check_steps(walk, 1e-5)


def test_the_most_likely_class_is_opened_by_default(app: Classify) -> None:
    assert (
        app.probe(CAT, classes="ten").unit
        == app.probe(CAT, classes="ten", label=ClassName("cat")).unit
    )


def test_it_leads_down_to_the_pixels(app: Classify) -> None:
    walk = look(app.probe(CAT, classes="ten", label=ClassName("cat")), depth=30)
    assert all(stage.record.check().passed for stage in walk.steps)
    assert walk.next is None
    last = walk.steps[-1].record
    assert len(last.terms) <= 12
    assert all("of what is seen" in term.name for term in last.terms)
    assert walk.receptive_boxes[-1] is not None
    left, top, right, bottom = to_image_box(walk, walk.receptive_boxes[-1])
    assert 0 <= left < right <= 1
    assert right - left < 0.1, "it sees two pixels of the 32"
    told = "\n".join(formatting.to_lines(walk, 6, 6))
    assert re.search(r"of the network's input: x \d+ to \d+, y \d+ to \d+ of the picture", told)


def test_features_say_where_they_were_found(app: Classify) -> None:
    walk = look(app.probe(CAT, classes="ten", label=ClassName("cat")))
    names = [term.name for term in walk.steps[-1].record.terms]
    assert len(names) == 320
    assert all("found at row" in name for name in names)


def test_a_true_class_makes_a_loss_and_a_step(app: Classify) -> None:
    walk = look(app.probe(CAT, classes="ten", label=ClassName("dog"), target=ClassName("cat")))
    back = walk.steps[-1].record.backward
    assert back is not None
    assert back.rate == 0.01
    assert walk.steps[-1].record.dL_dz > 0, "the dog's neuron is to say less"
    outside = look(app.probe(CAT, classes="ten", label=ClassName("none"), target=ClassName("cat")))
    assert outside.steps[-1].record.dL_dz > 0, "and so is the one that says none"
    assert all(s.record.check().passed for s in (*walk.steps, *outside.steps))


def test_mistakes_are_told(app: Classify) -> None:
    for label, possible in (("dgo", "mean dog?"), ("tree", "airplane")):
        with refused("name.unknown", label, possible, "none"):
            app.probe(CAT, classes="ten", label=ClassName(label))
    with refused("option.conflict", "--label none"):
        app.probe(CAT, classes="ten", label=ClassName("cat"), target=ClassName("none"))
    with refused("option.range", "rate is -1"):
        app.probe(CAT, rate=-1)


def test_saliency_is_the_gradient(app: Classify) -> None:
    probe = app.probe(CAT, classes="ten", label=ClassName("cat"))
    walk = look(probe)
    amount = saliency.saliency(walk)
    assert amount.shape == (32, 32)
    for y, x in ((3, 4), (16, 16), (31, 0)):
        slopes = []
        for c in range(3):
            unit = type(probe.unit)("picture", (0, c, y, x))
            step = 1e-6
            higher, lower = (perturb(walk.activations, probe.goal, unit, s) for s in (step, -step))
            slopes.append(abs(higher - lower) / (2 * step))
        assert amount[y, x] == pytest.approx(max(slopes), rel=1e-3, abs=1e-6)


def test_the_view_that_is_opened_is_named(app: Classify) -> None:
    for label in ("cat", "ship", "none"):
        mean, opened = look(app.probe(CAT, classes="ten", label=ClassName(label))).steps[-2:]
        first = mean.record.terms[0]
        assert mean.record.largest(1)[0] == 0, "the largest term is the one that is opened"
        assert first.name.partition(", ")[2] == opened.record.name.partition(", ")[2] != ""


def test_page_and_picture_show_it(app: Classify, tmp_path: Path) -> None:
    drawn = page.render_walk(look(app.probe(CAT, classes="ten")), "open DATA/TITLE.jpg")
    assert '"saliency": "data:image/jpeg' in drawn
    assert "<code>open DATA/TITLE.jpg</code>" in drawn, "what is put in stays as it is"
    assert "only what is in the frame is seen. L: z of cat in one view" in drawn
    assert '"rgb"' not in drawn.partition('id="data"')[2].partition("</script>")[0]
    line = ["open", "classify", str(SAMPLES / "cat-color.jpg"), "--classes", "ten", "-o"]
    assert cli.run([*line, str(tmp_path / "s.png"), "-o", str(tmp_path / "w.html")]) == 0
    made = Image.open(tmp_path / "s.png")
    assert made.pixels.shape == Image.open(SAMPLES / "cat-color.jpg").pixels.shape
    assert len(np.unique(made.pixels.reshape(-1, 3), axis=0)) > 100
    assert cli.run([*line, str(tmp_path / "new" / "s.png")]) == 0
    assert cli.run([*line, str(tmp_path / "s.jpg")]) == 2
    assert cli.run([*line, str(tmp_path / "s.png")]) == 2, "it is there already"


@pytest.mark.parametrize("label", ["Egyptian cat", "cat", "none", "dog", "gazelle hound"])
def test_the_walk_through_the_eye_begins_with_what_is_printed(app: Classify, label: str) -> None:
    walk = look(app.probe(CAT, label=ClassName(label)), depth=2)
    printed = {g.name: g.probability for g in app(CAT, top=1001).guesses}
    name = {"none": "none of them", "cat": "Egyptian cat", "gazelle hound": "Saluki"}.get(label)
    if label != "dog":
        assert walk.steps[0].record.a == pytest.approx(printed[name or label], rel=1e-6)
    check_steps(walk, 1e-4)


def test_of_a_coarser_word_the_likeliest_is_opened(app: Classify) -> None:
    assert app.probe(CAT, label=ClassName("cat")).unit == app.probe(CAT).unit
    shark = app.probe(CAT, label=ClassName("great white shark"))
    assert shark.unit == app.probe(CAT, label=ClassName("man-eater")).unit


def test_a_true_class_moves_the_eye(app: Classify) -> None:
    walk = look(app.probe(CAT, label=ClassName("lynx"), target=ClassName("tabby")))
    assert walk.steps[-1].record.dL_dz > 0, "the lynx is to say less"
    with refused("option.conflict", "the eye has no weights for none of them", "--target"):
        app.probe(CAT, target=ClassName("none"))
    with refused("name.unknown", "mean tabby?", "1,000 names", "Egyptian cat"):
        app.probe(CAT, label=ClassName("taby"))
