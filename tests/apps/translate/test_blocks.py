"""Lines to blocks: menus, paragraphs, columns, prices, and words that a line end divides."""

import json
from pathlib import Path

import numpy as np
import pytest

from neuropil.apps.translate import blocks
from neuropil.apps.translate.blocks import FEATURES, Joining, LineText, features, group, join, pairs
from neuropil.apps.translate.geometry import rotation, text_angle, upright_boxes
from neuropil.apps.translate.language import NETWORK, language_probabilities
from neuropil.kit.networks.network import OnnxNetwork

MENU = [  # text, left, top; 20 pixels high, 10 a letter
    ("ENTRANTES", 100, 0),
    ("Ensalada de la casa", 100, 60),
    ("8,50", 500, 60),
    ("Croquetas de jamón,", 100, 90),
    ("queso y pollo", 100, 113),
    ("9,00", 500, 90),
    ("Sopa del día", 100, 150),
    ("5,00", 500, 150),
]


@pytest.fixture(scope="module")
def network() -> OnnxNetwork:
    return NETWORK.open(threads=1)


def page(
    rows: list[tuple[str, int, int]], network: OnnxNetwork, angle: float = 0
) -> tuple[list[LineText], list[np.ndarray]]:
    languages = language_probabilities(network, [text for text, _, _ in rows])
    lines = [LineText(text, p) for (text, _, _), p in zip(rows, languages, strict=True)]
    corners = [(0, 0), (1, 0), (1, 1), (0, 1)]
    quads = [
        np.array([(x + 10 * len(text) * u, y + 20 * v) for u, v in corners], float)
        for text, x, y in rows
    ]
    return lines, [quad @ rotation(-angle) for quad in quads]


@pytest.mark.parametrize("angle", [0, 0.3, np.pi / 2])
def test_a_menu_has_a_block_for_each_dish(network: OnnxNetwork, angle: float) -> None:
    texts = {block.text for block in group(*page(MENU, network, angle))}
    assert "Croquetas de jamón, queso y pollo" in texts
    assert {"ENTRANTES", "Ensalada de la casa", "Sopa del día", "8,50"} <= texts


def test_columns_stay_apart(network: OnnxNetwork) -> None:
    rows = [
        ("wir bitten alle Gäste, die", 0, 0),
        ("nous prions tous les", 400, 0),
        ("Tür leise zu schließen", 0, 22),
        ("clients de fermer la porte", 400, 22),
    ]
    found = {block.lines for block in group(*page(rows, network))}
    assert found == {(0, 2), (1, 3)}


def test_lines_that_run_in_other_directions_are_of_other_texts(network: OnnxNetwork) -> None:
    lines, quads = page([("Täglich frische", 0, 0), ("Kuchen und Torten", 0, 22)], network)
    assert len(group(lines, quads)) == 1
    middle = quads[1].mean(axis=0)
    turned = middle + (quads[1] - middle) @ rotation(np.radians(30))
    assert len(group(lines, [quads[0], turned])) == 2


def test_every_line_is_in_one_block(network: OnnxNetwork) -> None:
    found = [n for block in group(*page(MENU, network)) for n in block.lines]
    assert sorted(found) == [*range(len(MENU))]
    assert group([], []) == []


def test_a_divided_word_is_made_whole() -> None:
    assert join(["Vollmilch-", "schokolade"]) == "Vollmilchschokolade"
    assert join(["Ein-", "und Ausgang"]) == "Ein- und Ausgang"
    assert join(["Kaffee", "Kuchen "]) == "Kaffee Kuchen"
    assert join(["Coca-", "Cola"]) == "Coca- Cola"


def test_prices() -> None:
    prices = ["8,50", "12.90 €", "€ 4", "CHF 12.50", "100 g", "-.50", "8 %"]
    assert all(map(blocks.is_price, prices))
    assert not any(map(blocks.is_price, ["Sopa 5,00", "", "2 Eier", "A4"]))


def test_features_are_those_of_the_page(network: OnnxNetwork) -> None:
    lines, quads = page(MENU, network)
    boxes = upright_boxes(quads)
    x = dict(zip(FEATURES, features(3, 4, lines, boxes), strict=True))
    assert x["gap"] == pytest.approx(3 / 20)
    assert x["closer_than_next"] == pytest.approx((17 - 3) / 20)
    assert x["ends_open"] == 1
    assert x["begins_small"] == pytest.approx(1 - x["other_language"])
    assert x["price_beside_lower"] == x["both_capitals"] == 0
    assert (3, 4) in pairs(lines, boxes)
    assert all(2 not in pair for pair in pairs(lines, boxes))


def test_the_neuron_is_that_of_the_file() -> None:
    kept = json.loads(Path(blocks.__file__).with_name("joining.json").read_text("utf-8"))
    neuron = Joining.load()
    x = np.linspace(-1, 1, len(FEATURES))
    z = sum(kept["weights"][name] * value for name, value in zip(FEATURES, x, strict=True))
    assert neuron.probability(x) == pytest.approx(1 / (1 + np.exp(-z - kept["bias"])))
    assert list(kept["weights"]) == list(FEATURES)


def test_the_angle_is_that_of_the_long_lines(network: OnnxNetwork) -> None:
    _, quads = page(MENU, network, 0.2)
    assert text_angle(quads) == pytest.approx(0.2)
    assert all(box.height == pytest.approx(20) for box in upright_boxes(quads))
