"""What the recipes measure: how likely a step is, and how far the window is off."""

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from neuropil.apps.handwrite.generation import S
from neuropil.apps.handwrite.lab.model import A, D, HandwritingModel, M
from neuropil.apps.handwrite.lab.train import (
    ALIGNMENT_WEIGHT,
    TOLERATED,
    WRITER_LOSS_WEIGHT,
    alignment_loss,
    append_end,
    judge,
    log_likelihood,
    loss_terms,
    reader,
    writer,
    writer_last,
    writer_loss,
    writer_middle,
)
from neuropil.apps.handwrite.strokes import FEATURE_SCALE, MAX_CORRELATION


def likelihood(mixture: NDArray[np.float64], step: tuple[float, float], pen: int) -> float:
    """Give p of one step by the density of each Gaussian, its covariance written out."""
    weight, mx, my, sx, sy, r = mixture[: 6 * M].reshape(6, M)
    shares = np.exp(weight) / np.exp(weight).sum()
    states = np.exp(mixture[6 * M :]) / np.exp(mixture[6 * M :]).sum()
    p = 0.0
    for k in range(M):
        x, y, rho = math.exp(sx[k]), math.exp(sy[k]), MAX_CORRELATION * math.tanh(r[k])
        covariance = np.array([[x * x, rho * x * y], [rho * x * y, y * y]])
        off = np.array([step[0] * FEATURE_SCALE[0] - mx[k], step[1] * FEATURE_SCALE[1] - my[k]])
        z = off @ np.linalg.inv(covariance) @ off
        p += shares[k] * math.exp(-z / 2) / (2 * math.pi * math.sqrt(np.linalg.det(covariance)))
    return float(p * states[pen])


def test_a_step_is_as_likely_as_its_gaussians_say() -> None:
    rng = np.random.default_rng(0)
    mixtures, steps = rng.normal(size=(2, 3, 6 * M + 3)), rng.normal(0, 0.4, (2, 3, 2))
    pen = np.array([[0, 1, 2], [2, 0, 1]])
    made = log_likelihood(*map(torch.from_numpy, (mixtures, steps, pen)))
    assert made.shape == (2, 3)
    for b in range(2):
        for t in range(3):
            expected = likelihood(mixtures[b, t], tuple(steps[b, t]), int(pen[b, t]))
            assert made[b, t].item() == pytest.approx(math.log(expected), rel=1e-9)


def test_all_that_may_happen_adds_up_to_one() -> None:
    """The density over a grid of steps, and all three states of the pen."""
    mixture = np.random.default_rng(1).normal(0, 0.5, 6 * M + 3)
    side = np.linspace(-3, 3, 241)  # in units of the height
    x, y = np.meshgrid(side, side)
    steps = torch.from_numpy(np.stack([x.ravel(), y.ravel()], axis=1))[None]
    many = torch.from_numpy(mixture).expand(1, x.size, -1)
    total = 0.0
    for state in range(3):
        pen = torch.full((1, x.size), state)
        total += float(log_likelihood(many, steps, pen).exp().sum())
    area = (side[1] - side[0]) ** 2 * FEATURE_SCALE[0] * FEATURE_SCALE[1]
    assert total * area == pytest.approx(1, abs=1e-3)


# --- windows ------------------------------------------------------------------------------------


def at(places: list[list[float]], n: int = 8) -> Tensor:
    """Make windows (B, T, n) whose center is at these places."""
    given = torch.tensor(places)[..., None]
    return 2.5 * (1 - (torch.arange(n) - given).abs()).clamp_min(0)


def test_windows_on_their_place_or_near_it_are_right() -> None:
    places = torch.tensor([[0.0, 1.5, 4.25]])
    assert alignment_loss(at([[0.0, 1.5, 4.25]]), places).item() == pytest.approx(0, abs=1e-6)
    assert alignment_loss(at([[0.5, 1.0, 4.75]]), places).item() == pytest.approx(0, abs=1e-6)


def test_windows_miss_by_characters_beyond_half_of_one() -> None:
    places = torch.tensor([[2.0, 2.0], [6.0, -1.0]])
    windows = at([[5.0, 2.0], [2.5, 7.0]])
    assert alignment_loss(windows, places).item() == pytest.approx((2.5 + 0 + 3) / 3)


def test_windows_whose_place_is_unknown_teach_nothing() -> None:
    windows = at([[5.0, 7.0]]).requires_grad_()
    off = alignment_loss(windows, torch.tensor([[-1.0, -1.0]]))
    assert off.item() == 0
    off.backward()  # type: ignore[no-untyped-call]
    assert windows.grad is not None
    assert not windows.grad.any()
    assert torch.isfinite(alignment_loss(torch.zeros(1, 1, 8), torch.tensor([[3.0]])))


# --- lines --------------------------------------------------------------------------------------


def batch() -> dict[str, Tensor]:
    """Make two lines of 7 and 4 points, 5 and 3 characters, each with a shown line."""
    torch.manual_seed(1)
    strokes = torch.randn(2, 7, 4)
    strokes[..., 3] = (strokes[..., 3] > 0).float()
    labels = torch.randint(1, A, (2, 5)).float()
    strokes[1, 4:], labels[1, 3:] = 0, 0
    return {
        "strokes": strokes,
        "labels": labels,
        "lengths": torch.tensor([[7.0, 5.0], [4.0, 3.0]]),
        "shown": torch.randn(2, 16, 4),
        "shown_lengths": torch.tensor([[16.0, 1.0], [9.0, 1.0]]),
        "writer": torch.tensor([2.0, 0.0]),
        "places": torch.tensor([[0.0, 1, 1, 2, 3, 4, 5], [-1, -1, 2, 3, -1, -1, -1]]),
    }


def test_an_end_follows_every_text() -> None:
    numbers = append_end(batch())
    assert numbers.shape == (2, 6)
    assert numbers[0, 5] == 0
    assert torch.equal(numbers[:, :5], batch()["labels"].long())


def small() -> HandwritingModel:
    torch.manual_seed(2)
    return HandwritingModel(low=7, high=5, writers=3)


def test_surprise_is_the_mean_over_points_that_are_there() -> None:
    network, given = small(), batch()
    with torch.no_grad():
        nats, astray, style = loss_terms(network, given)
        there = (torch.arange(16) < given["shown_lengths"][:, :1]).float()
        assert torch.equal(style, network.hand(given["shown"], there))
        text = one_hot(torch.cat([given["labels"], torch.zeros(2, 1)], dim=1).long(), A).float()
        total, off = [], []
        for b, n in ((0, 7), (1, 4)):
            line = given["strokes"][b : b + 1, :n]
            before = torch.cat([torch.zeros(1, 1, 4), line[:, :-1]], dim=1)
            mixtures, windows = network(
                before * torch.tensor(FEATURE_SCALE), text[b, None], style[b, None]
            )
            states = [*line[0, :-1, 3].int().tolist(), 2]  # the last is up for good
            for mixture, window, point, state, place in zip(
                mixtures[0], windows[0], line[0], states, given["places"][b], strict=False
            ):
                x, y = point[:2].tolist()
                total.append(-math.log(likelihood(mixture.double().numpy(), (x, y), state)))
                center = float((window * torch.arange(6)).sum() / window.sum())
                off += [max(0.0, abs(center - place.item()) - TOLERATED)] if place >= 0 else []
    assert len(total) == 11
    assert len(off) == 9
    assert nats.item() == pytest.approx(np.mean(total), rel=1e-4)
    assert astray.item() == pytest.approx(np.mean(off), rel=1e-3)


def test_the_loss_adds_what_is_weighed_little() -> None:
    network, given = small(), batch()
    with torch.no_grad():
        nats, astray, style = loss_terms(network, given)
        whose = cross_entropy(network.whose(style), torch.tensor([2, 0]))
        made = writer_loss(network, given).item()
    assert made == pytest.approx(
        (nats + ALIGNMENT_WEIGHT * astray + WRITER_LOSS_WEIGHT * whose).item(), rel=1e-6
    )
    assert 0 < WRITER_LOSS_WEIGHT < ALIGNMENT_WEIGHT < 1


# --- recipes ------------------------------------------------------------------------------------


def test_recipes_name_their_files_and_their_data() -> None:
    names = [recipe().name for recipe in (reader, judge, writer_last)]
    assert names == ["handwrite-reader", "handwrite-judge", "handwrite-writer-last"]
    stages = writer(), writer_middle(), writer_last()
    assert len({stage.seed for stage in stages}) == 3  # so that each sees other lines
    assert [packing.part for packing in writer().exports] == ["hand", "pen"]
    assert "'judge'" in judge().exports[0].metadata["data"]
    assert "'reader'" in reader().exports[0].metadata["data"]
    pen = writer().exports[1]
    assert pen.inputs["text"] == ("B", S, A)
    assert pen.inputs["style"] == ("B", D)
    state = [name for name in pen.outputs if name.startswith("next_")]
    assert [name.removeprefix("next_") for name in state] == list(pen.inputs)[3:]
