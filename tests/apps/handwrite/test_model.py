"""The reader learns, counts its places, and becomes a file."""

from pathlib import Path

import numpy as np
import torch
from torch.nn.utils import clip_grad_norm_

from neuropil.apps.handwrite.data import ALPHABET, labels, stacked
from neuropil.apps.handwrite.model import Reader
from neuropil.apps.handwrite.train import loss, places, read_lines, reader, reader_packing
from neuropil.training.export import export
from neuropil.training.recipe import Recipe


def scribble(text: str) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Draw every character as eight points that are its own."""
    rows = [np.random.default_rng(ord(c)).normal(size=(8, 4)) for c in text]
    return np.concatenate(rows).astype(np.float32)


def test_it_learns_to_read_scribbles() -> None:
    torch.manual_seed(0)
    network = Reader(channels=16, hidden=32)
    words = ["abc", "cab", "bca", "acb", "abba", "caca"]
    arrays = stacked([(scribble(word), word) for word in words])
    given = {name: torch.from_numpy(array) for name, array in arrays.items()}
    optimizer = torch.optim.Adam(network.parameters(), 5e-3)
    for _ in range(300):
        optimizer.zero_grad()
        torch.autograd.backward(loss(network, given))
        clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
    assert read_lines(network.eval(), [scribble(word) for word in words]) == words


def test_places_are_those_of_the_network() -> None:
    network = Reader(channels=8, hidden=8).eval()
    for n in (1, 2, 63, 64):
        made = network(torch.zeros(1, n, 4))
        assert made.shape == (1, int(places(torch.tensor(n))), len(ALPHABET) + 1)


def test_the_file_reads_lines_of_every_length(tmp_path: Path) -> None:
    recipe = reader()
    assert isinstance(recipe, Recipe)
    file = export(Reader(channels=8, hidden=8), recipe, {"character_error_rate": 1.0}, tmp_path)
    assert file.name == "handwrite-reader.onnx"
    assert reader_packing("reader").metadata["alphabet"] == ALPHABET
    assert labels(ALPHABET).tolist() == list(range(1, 96))
