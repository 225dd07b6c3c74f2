"""Lines read back, and how much each word is doubted."""

from typing import Any

import numpy as np
import pytest
from pens import SURE, Counting, dashes

from neuropil.apps.handwrite.alphabet import ALPHABET
from neuropil.apps.handwrite.generation import WrittenLine
from neuropil.apps.handwrite.proofreading import proofread, read_line
from neuropil.apps.handwrite.strokes import to_features
from neuropil.kit.networks.network import OnnxNetwork


def test_a_line_is_read_as_networks_see_it() -> None:
    reader = Counting()
    assert read_line(reader, dashes(4)) == "xxxx"
    assert np.array_equal(reader.given[0], to_features(dashes(4)))
    assert reader.given[0].dtype == np.float32


def test_a_word_is_doubted_by_what_the_reader_says_of_its_points() -> None:
    points = np.array([[i, i % 2, 1] for i in range(6)], np.float64)
    penned = WrittenLine(points, np.array([0, 0, 1, 2, 2, 2]))

    class Mumbling(OnnxNetwork):
        """Read an x surely, then one that may be a y."""

        def __init__(self) -> None: ...

        def run(self, **feeds: Any) -> dict[str, Any]:
            logits = np.full((1, 3, len(ALPHABET) + 1), -SURE, np.float32)
            numbers = [1 + ALPHABET.index(letter) for letter in "x x"]
            logits[0, [0, 1, 2], numbers] = 0
            logits[0, 2, numbers[0] + 1] = np.log(3)
            return {"logits": logits}

    read, doubts = proofread(Mumbling(), penned, "x x")
    assert read == "x y"
    assert doubts == pytest.approx([0, np.log(4)])
