"""Muon: kernels move by orthogonal matrices, and the rest by Adam."""

from typing import cast

import torch
from torch import Tensor, nn

from neuropil.training.optim import ADAM_LR, Muon, adamw, newton_schulz


def test_singular_values_are_brought_near_one() -> None:
    torch.manual_seed(0)
    for shape in ((6, 40), (40, 6), (5, 5)):
        given = torch.randn(shape)
        made = newton_schulz(given)
        assert made.shape == given.shape
        u, _, v = torch.linalg.svd(given, full_matrices=False)
        assert (torch.linalg.svdvals(made)[:4] - 1).abs().max() < 0.5
        turned = (u.T @ made @ v.T).diagonal()
        assert (turned > 0).all(), "the directions stay what they were"


def small() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 2))


def loss(network: nn.Module) -> Tensor:
    torch.manual_seed(1)
    return cast(Tensor, network(torch.randn(16, 3, 8, 8)).square().mean())


def test_kernels_keep_their_length_and_move_by_the_rate() -> None:
    network = small()
    kernel = cast(Tensor, network[0].weight)
    optimizer = Muon(network, 0.1)
    torch.autograd.backward(loss(network))
    start = kernel.detach() * 8**0.5 / kernel.detach().norm()
    optimizer.step()
    moved = (kernel.detach() - start).norm()
    assert 0.5 < moved / (0.1 * 8**0.5) < 1.5  # of √C_out, the length of an orthogonal matrix
    assert optimizer.param_groups[1]["lr"] == 0.1
    assert [group["initial_lr"] for group in optimizer.param_groups] == [0.1, ADAM_LR]
    assert [group["fall"] for group in optimizer.param_groups] == [1.0, 1.0]


def test_the_rest_moves_as_torchs_adam_does() -> None:
    ours, theirs = nn.Linear(4, 3), nn.Linear(4, 3)
    theirs.load_state_dict(ours.state_dict())
    one, other = Muon(ours, 0.1), torch.optim.Adam(theirs.parameters(), lr=0.02, betas=(0.9, 0.98))
    one.param_groups[1]["lr"] = 0.02
    for step in range(5):
        x = torch.randn(8, 4, generator=torch.Generator().manual_seed(step))
        for network, optimizer in ((ours, one), (theirs, other)):
            optimizer.zero_grad()
            torch.autograd.backward(network(x).square().mean())
            optimizer.step()
    assert torch.allclose(ours.weight, theirs.weight, atol=1e-6)


def test_frozen_weights_stay() -> None:
    network = small()
    cast(Tensor, network[0].weight).requires_grad_(False)
    before = network[0].weight.clone()  # type: ignore[operator]
    optimizer = Muon(network, 0.1)
    torch.autograd.backward(loss(network))
    optimizer.step()
    assert torch.equal(cast(Tensor, network[0].weight), before)


def test_stopped_and_taken_up_again_it_is_the_same() -> None:
    def steps(network: nn.Module, optimizer: Muon, n: int) -> None:
        for _ in range(n):
            optimizer.zero_grad()
            torch.autograd.backward(loss(network))
            optimizer.step()

    whole, half = small(), small()
    steps(whole, Muon(whole, 0.05), 4)
    first = Muon(half, 0.05)
    steps(half, first, 2)
    second = Muon(half, 0.05)
    second.load_state_dict(first.state_dict())
    steps(half, second, 2)
    for a, b in zip(whole.parameters(), half.parameters(), strict=True):
        assert torch.equal(a, b)


def test_adamw_decays_matrices_alone() -> None:
    kernels, others = adamw(small(), 1e-3, weight_decay=0.01).param_groups
    assert (kernels["weight_decay"], others["weight_decay"]) == (0.01, 0.0)
    assert kernels["initial_lr"] == others["initial_lr"] == 1e-3
    assert kernels["fall"] == others["fall"] == 0.4
