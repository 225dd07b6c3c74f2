"""The network: what it must not see, and the same numbers step by step as all at once."""

import math

import pytest
import torch
from tiny_translator import HEADS, LAYERS, WIDTH, tiny_translator

from neuropil.apps.translate.lab.model import TranslatorNet, attend, scan, sinusoids
from neuropil.apps.translate.preprocess import END, PAD, vocabulary_size

SOURCE = torch.tensor([[2, 31, 1700, 45, 1], [3, 99, 1, 0, 0]])
CASES = torch.tensor([[0, 1, 0, 2, 0], [0, 0, 0, 0, 0]])


@pytest.fixture(autouse=True)
def _no_gradients() -> object:
    with torch.no_grad():
        yield


def test_what_the_encoder_gives_has_its_shapes() -> None:
    keys, values, padding = tiny_translator().encode(SOURCE, CASES)
    assert keys.shape == values.shape == (2, LAYERS[1], HEADS, 5, WIDTH // HEADS)
    assert (padding < -1e8).tolist() == (SOURCE == PAD).tolist()


def test_padding_changes_nothing() -> None:
    network = tiny_translator()
    alone = network.encode(SOURCE[1:, :3], CASES[1:, :3])
    beside = network.encode(SOURCE, CASES)
    assert torch.allclose(alone[0][0], beside[0][1, :, :, :3], atol=1e-5)
    state = network.first_state(1)
    token = torch.tensor([END])
    expected = network.advance(token, state, *alone)[0]
    made = network.advance(token, state, *(part[1:] for part in beside))[0]
    assert torch.allclose(made, expected, atol=1e-4)


def test_cases_and_places_are_seen() -> None:
    network = tiny_translator()
    keys = network.encode(SOURCE, CASES)[0]
    assert not torch.allclose(keys, network.encode(SOURCE, 0 * CASES)[0], atol=1e-3)
    turned = network.encode(SOURCE[:1].flip(1), CASES[:1].flip(1))[0].flip(3)
    assert not torch.allclose(keys[:1], turned, atol=1e-3)


def test_steps_are_what_is_written_at_once() -> None:
    network = tiny_translator()
    read = network.encode(SOURCE, CASES)
    tokens = torch.tensor([[END, 77, 5000, 31], [END, 40, 41, 42]])
    x, last, _ = network.write(tokens, network.first_state(2), *read)
    state = network.first_state(2)
    for t in range(tokens.shape[1]):
        logits, case, state, _ = network.advance(tokens[:, t], state, *read)
        assert torch.allclose(logits, network.choose(x[:, t]), atol=1e-4)
        assert torch.allclose(case, network.case(x[:, t]), atol=1e-5)
    assert torch.allclose(state, last, atol=1e-6)


def test_what_comes_later_is_not_seen() -> None:
    network = tiny_translator()
    read = network.encode(SOURCE, CASES)
    one, other = torch.tensor([[END, 77, 50], [END, 77, 50]]), torch.tensor([[END, 77, 900]] * 2)
    before, after = (network.write(t, network.first_state(2), *read)[0] for t in (one, other))
    assert torch.allclose(before[:, :2], after[:, :2], atol=1e-6)
    assert not torch.allclose(before[:, 2], after[:, 2], atol=1e-3)


def test_a_scan_is_the_recurrence() -> None:
    forget = torch.tensor([[[0.5], [0.25]]])
    new = torch.tensor([[[4.0], [8.0]]])
    made = scan(forget, new, torch.tensor([[2.0]]))
    assert made.flatten().tolist() == [0.5 * 2 + 0.5 * 4, 0.25 * 3 + 0.75 * 8]


def test_attention_is_the_formula() -> None:
    q = torch.tensor([[[[2.0, 0.0]]]])
    k = torch.tensor([[[[1.0, 5.0], [3.0, 1.0], [9.0, 9.0]]]])
    made = attend(q, k, torch.tensor([[0.0, 0.0, -1e9]]))
    a, b = math.exp(2 / math.sqrt(2)), math.exp(6 / math.sqrt(2))
    assert made.flatten().tolist() == pytest.approx([a / (a + b), b / (a + b), 0])


def test_places_are_sines_and_cosines() -> None:
    table = sinusoids(9, 4)
    expected = [math.sin(5), math.sin(0.05), math.cos(5), math.cos(0.05)]
    assert table[5].tolist() == pytest.approx(expected, abs=1e-6)


def test_a_whole_network_fits_its_place() -> None:
    network = TranslatorNet(vocabulary_size())
    learned = sum(p.numel() for p in network.parameters() if p.requires_grad)
    assert 7.4e6 < learned < 7.7e6
