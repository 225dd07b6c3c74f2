"""The networks: readers count their places, the writer is the pen step by step."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import one_hot
from torch.nn.utils import clip_grad_norm_

from neuropil.apps.handwrite.alphabet import ALPHABET, encode_text
from neuropil.apps.handwrite.lab.batches import collate
from neuropil.apps.handwrite.lab.model import (
    INITIAL_ADVANCE,
    A,
    D,
    EvaluationReader,
    GravesBaseline,
    HandwritingModel,
    K,
    M,
    PenStep,
    Reader,
    StyleEncoder,
)
from neuropil.apps.handwrite.lab.train import loss, output_length, read_lines, reader, reader_export
from neuropil.training.export import export
from neuropil.training.recipe import Recipe

Run = Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]
Gradients = dict[str, Tensor]


def scribble(text: str) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Draw every character as eight points that are its own."""
    rows = [np.random.default_rng(ord(c)).normal(size=(8, 4)) for c in text]
    return np.concatenate(rows).astype(np.float32)


def test_it_learns_to_read_scribbles() -> None:
    torch.manual_seed(0)
    network = Reader(channels=16, hidden=32)
    words = ["abc", "cab", "bca", "acb", "abba", "caca"]
    arrays = collate([(scribble(word), word) for word in words])
    given = {name: torch.from_numpy(array) for name, array in arrays.items()}
    optimizer = torch.optim.Adam(network.parameters(), 5e-3)
    for _ in range(300):
        optimizer.zero_grad()
        torch.autograd.backward(loss(network, given))
        clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
    assert read_lines(network.eval(), [scribble(word) for word in words]) == words


@pytest.mark.parametrize(
    "network", [Reader(channels=8, hidden=8), EvaluationReader(channels=8, hidden=8)]
)
def test_places_are_those_of_the_network(network: Reader | EvaluationReader) -> None:
    network.eval()
    for n in (1, 2, 63, 64):
        made = network(torch.zeros(1, n, 4))
        assert made.shape == (1, int(output_length(torch.tensor(n))), len(ALPHABET) + 1)


def test_the_file_reads_lines_of_every_length(tmp_path: Path) -> None:
    recipe = reader()
    assert isinstance(recipe, Recipe)
    file = export(Reader(channels=8, hidden=8), recipe, {"character_error_rate": 1.0}, tmp_path)
    assert file.name == "handwrite-reader.onnx"
    assert reader_export("reader").metadata["alphabet"] == ALPHABET
    assert encode_text(ALPHABET).tolist() == list(range(1, 96))


def test_a_judge_sees_the_whole_line() -> None:
    """What a place is read as depends on the points before it and on those behind."""
    torch.manual_seed(2)
    network = EvaluationReader(channels=8, hidden=8).eval()
    strokes = torch.zeros(1, 400, 4)
    moved = strokes.clone()
    moved[0, 200] = 5.0
    with torch.no_grad():
        difference = (network(moved) - network(strokes))[0].abs().amax(dim=1)
    assert difference[:50].max() > 0
    assert difference[-50:].max() > 0
    assert int(difference.argmax()) == pytest.approx(100, abs=10)  # most where it is, at half


def test_a_judges_convolutions_add_to_what_is_known() -> None:
    torch.manual_seed(2)
    network = EvaluationReader(channels=8, hidden=8).eval()
    with torch.no_grad():
        for parameter in network.wide.parameters():
            parameter.zero_()
        made = network(torch.randn(1, 40, 4))[0]
    assert made.std(dim=0).max() > 1e-3  # places still differ


# --- the hand -----------------------------------------------------------------------------------


def test_a_style_is_told_from_the_points_that_are_there() -> None:
    torch.manual_seed(3)
    hand = StyleEncoder(channels=8).eval()
    strokes = torch.randn(2, 80, 4)
    there = (torch.arange(80) < torch.tensor([[40], [80]])).float()
    beyond = strokes.clone()
    beyond[0, 60:] = 9.0
    with torch.no_grad():
        style, same = hand(strokes, there), hand(beyond, there)
        other = hand(beyond, torch.ones(2, 80))
    assert style.shape == (2, D)
    assert style.abs().max() <= 1
    assert torch.equal(style, same)
    assert not torch.allclose(style[0], other[0], atol=1e-3)


# --- the pen ------------------------------------------------------------------------------------


def writer_and_lines() -> tuple[HandwritingModel, Tensor, Tensor, Tensor]:
    """Make a small writer, points (2, 9, 4), a text (2, 6, A) and styles (2, D): in float64."""
    torch.manual_seed(4)
    writer = HandwritingModel(low=7, high=5, writers=3).double()
    text = one_hot(torch.randint(0, A, (2, 6)), A).double()
    return writer, torch.randn(2, 9, 4).double(), text, torch.randn(2, D).double()


def step_by_step(
    pen: PenStep, points: Tensor, text: Tensor, style: Tensor
) -> tuple[Tensor, Tensor]:
    """Run the pen as it runs where it writes: mixtures (B, T, 6M + 3) and windows (B, T, S)."""
    zeros = [points.new_zeros(2, size) for size in (7, 7, 5, 5)]
    kappa, seen, h1, c1, h2, c2 = points.new_zeros(2, K), text[:, 0], *zeros
    mixtures, windows = [], []
    for point in points.unbind(dim=1):
        mixture, window, kappa, seen, h1, c1, h2, c2 = pen(
            point, text, style, kappa, seen, h1, c1, h2, c2
        )
        mixtures.append(mixture)
        windows.append(window)
    return torch.stack(mixtures, dim=1), torch.stack(windows, dim=1)


def test_the_writer_is_the_pen_step_by_step() -> None:
    writer, points, text, style = writer_and_lines()
    mixtures, windows = writer(points, text, style)
    expected = step_by_step(writer.pen, points, text, style)
    assert mixtures.shape == (2, 9, 6 * M + 3)
    assert windows.shape == (2, 9, 6)
    assert torch.allclose(mixtures, expected[0], rtol=1e-12, atol=1e-12)
    assert torch.allclose(windows, expected[1], rtol=1e-12, atol=1e-12)


def test_a_line_ends_where_its_length_says() -> None:
    writer, points, text, style = writer_and_lines()
    writer.eval()
    lengths = torch.tensor([5, 9])
    mixtures, windows = writer(points, text, style, lengths)
    whole, looks = writer(points, text, style)
    for made, expected in ((mixtures, whole), (windows, looks)):
        assert torch.allclose(made[0, :5], expected[0, :5], rtol=1e-12, atol=1e-12)
        assert torch.allclose(made[1], expected[1], rtol=1e-12, atol=1e-12)
        assert not made[0, 5:].any()


def gradients(
    writer: HandwritingModel, run: Run, points: Tensor, text: Tensor, style: Tensor
) -> Gradients:
    """Name the gradients of a loss of mixtures and windows: of all weights, points and style."""
    given = points.clone().requires_grad_(), text, style.clone().requires_grad_()
    mixtures, windows = run(*given)
    rng = torch.Generator().manual_seed(5)
    weights = [torch.randn(made.shape, generator=rng) for made in (mixtures, windows)]
    loss = (mixtures * weights[0]).sum() + (windows * weights[1]).sum()
    wanted = {**dict(writer.pen.named_parameters()), "points": given[0], "style": given[2]}
    return dict(zip(wanted, torch.autograd.grad(loss, list(wanted.values())), strict=True))


def test_the_writers_gradients_are_those_of_the_pen() -> None:
    writer, *lines = writer_and_lines()
    ours = gradients(writer, writer, *lines)
    expected = gradients(writer, lambda *given: step_by_step(writer.pen, *given), *lines)
    for name, gradient in expected.items():
        assert gradient.abs().max() > 0, name
        assert torch.allclose(ours[name], gradient, rtol=1e-10, atol=1e-12), name


@pytest.mark.parametrize(("training", "within"), [(False, 1e-4), (True, 0.03)])
def test_rounded_gradients_are_near(training: bool, within: float) -> None:
    """In float32, and while learning in bfloat16 where the hardware has it."""
    writer, *lines = writer_and_lines()
    exact = gradients(writer, writer, *lines)
    writer.float().train(training)
    found = gradients(writer, writer, *(given.float() for given in lines))
    for name, gradient in exact.items():
        assert found[name].dtype == torch.float32
        assert (found[name] - gradient).norm() < within * gradient.norm(), name


def test_a_style_may_come_in_bfloat16() -> None:
    """As the hand gives it where the training loop multiplies so."""
    writer, *lines = writer_and_lines()
    points, text, style = (given.float() for given in lines)
    writer.float().eval()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixtures, windows = writer(points, text, style.bfloat16())
    expected = writer(points, text, style.bfloat16().float())
    assert torch.equal(mixtures, expected[0])
    assert torch.equal(windows, expected[1])


def test_the_window_is_a_sum_of_bells() -> None:
    torch.manual_seed(7)
    pen, h1, kappa = PenStep(7, 5), torch.randn(2, 7), 3 * torch.rand(2, K)
    text = one_hot(torch.randint(0, A, (2, 6)), A).float()
    with torch.no_grad():
        moved, seen, window = pen.attend(h1, kappa, text)
        made = torch.exp(h1 @ pen.window.weight.t() + pen.window.bias).numpy()
    for b in range(2):
        alpha, beta, forward = made[b, :K], made[b, K : 2 * K], made[b, 2 * K :]
        places = kappa[b].numpy() + forward
        assert moved[b].numpy() == pytest.approx(places, rel=1e-5)
        bells = [(alpha * np.exp(-beta * (places - u) ** 2)).sum() for u in range(6)]
        assert window[b].numpy() == pytest.approx(bells, rel=1e-4)
        assert seen[b].numpy() == pytest.approx(bells @ text[b].numpy(), rel=1e-4, abs=1e-7)


def test_the_window_starts_at_one_letter_in_ten_points() -> None:
    moved, _, _ = PenStep(7, 5).attend(torch.zeros(1, 7), torch.zeros(1, K), torch.zeros(1, 3, A))
    assert moved.detach().numpy() == pytest.approx(
        np.full((1, K), np.exp(-INITIAL_ADVANCE)), rel=0.5
    )
    assert np.exp(-INITIAL_ADVANCE) == pytest.approx(0.1, abs=0.005)


# --- the published pen --------------------------------------------------------------------------


def test_the_published_step_has_the_published_size() -> None:
    network = GravesBaseline()
    n = sum(parameter.numel() for parameter in network.parameters())
    assert n == pytest.approx(3.7e6, rel=0.03)  # "approximately 3.7M weights", with biases
    shapes = GravesBaseline.shapes(2, 9)
    with torch.no_grad():
        made = network(*(torch.zeros(shape) for shape in shapes.values()))
    assert made[0].shape == (2, 121)
    wanted = [shapes[name] for name in ("kappa", "seen", "h1", "c1", "h2", "c2", "h3", "c3")]
    assert [tuple(state.shape) for state in made[1:]] == wanted


def test_the_published_step_passes_what_it_saw_from_cell_to_cell() -> None:
    torch.manual_seed(8)
    network = GravesBaseline()
    shapes = GravesBaseline.shapes(1, 5)
    given = {name: torch.randn(shape) for name, shape in shapes.items()}
    given["kappa"] = torch.zeros(1, 10)
    given["text"] = torch.eye(80)[torch.tensor([[4, 9, 2, 7, 7]])]
    with torch.no_grad():
        network.window.weight.zero_()
        network.window.bias[:10] = np.log(0.1)  # alpha: all ten together 1
        network.window.bias[10:20] = 4.0  # beta: narrow
        network.window.bias[20:] = np.log(2.0)  # two letters on
        mixture, kappa, seen, h1, c1, h2, c2, h3, c3 = network(*given.values())
        assert torch.allclose(kappa, torch.full((1, 10), 2.0))
        assert torch.allclose(seen, torch.eye(80)[[2]], atol=1e-6)
        point, saw = given["point"], given["seen"]
        low = network.first(torch.cat([point, saw], dim=1), (given["h1"], given["c1"]))
        middle = network.second(torch.cat([point, seen, h1], dim=1), (given["h2"], given["c2"]))
        high = network.third(torch.cat([point, seen, h2], dim=1), (given["h3"], given["c3"]))
        for ours, expected in zip((h1, c1, h2, c2, h3, c3), [*low, *middle, *high], strict=True):
            assert torch.allclose(ours, expected, atol=1e-6)
        assert torch.allclose(mixture, network.next(torch.cat([h1, h2, h3], dim=1)), atol=1e-6)
