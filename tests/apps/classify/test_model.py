"""The classifying network: its shapes, its first layer, its start."""

import numpy as np
import torch
from torch import nn

from neuropil.apps.classify.lab.model import (
    ClassifyNet,
    ClassifySize,
    ResidualStage,
    whitening_kernels,
)
from neuropil.training.export import fold_batch_norm


def network() -> ClassifyNet:
    torch.manual_seed(0)
    return ClassifyNet(ClassifySize())


def test_shapes_and_size() -> None:
    made = network().eval()
    for height, width in ((32, 32), (40, 64)):
        logits, outside, features = made(torch.randn(2, 3, height, width))
        assert (logits.shape, outside.shape, features.shape) == ((2, 10), (2, 1), (2, 320))
    assert sum(p.numel() for p in made.parameters()) < 3_900_000  # 8 bits each, 4 MB in all


def test_logits_are_a_weighted_sum_of_the_features() -> None:
    made = network().eval()
    logits, _, features = made(torch.randn(3, 3, 32, 32))
    assert torch.allclose(logits, features @ made.head.weight.T + made.head.bias, atol=1e-5)
    assert features.min() >= 0


def test_the_first_layer_whitens() -> None:
    torch.manual_seed(1)
    mixed = torch.randn(64, 3, 12, 12).cumsum(dim=3) * torch.tensor([3.0, 1.0, 0.2])[:, None, None]
    made = nn.functional.conv2d(
        mixed - mixed.mean(dim=(0, 2, 3), keepdim=True), whitening_kernels(mixed)
    )
    half = made[:, :12].transpose(0, 1).flatten(1)
    covariance = torch.cov(half)
    off = covariance - torch.diag(covariance.diag())
    assert off.abs().max() < 0.02
    assert covariance.diag().max() < 1.02
    assert torch.equal(whitening_kernels(mixed)[12:], -whitening_kernels(mixed)[:12])


def test_it_is_found_in_the_first_batch_and_then_stays() -> None:
    made = network().train()
    before = made.whiten.conv.weight.clone()
    made(torch.randn(8, 3, 32, 32))
    found = made.whiten.conv.weight.clone()
    made(torch.randn(8, 3, 32, 32))
    assert not torch.equal(before, found)
    assert torch.equal(made.whiten.conv.weight, found)
    assert not made.whiten.conv.weight.requires_grad
    learned = ClassifyNet(ClassifySize(), whitened=False).train()
    start = learned.whiten.conv.weight.clone()
    learned(torch.randn(8, 3, 32, 32))
    assert torch.equal(learned.whiten.conv.weight, start)
    assert learned.whiten.conv.weight.requires_grad


def test_kernels_begin_by_passing_on() -> None:
    stage = ResidualStage(4, 6, straight=True)
    x = torch.randn(2, 4, 8, 8)
    assert torch.allclose(stage.first(x)[:, :4], x)
    y = torch.randn(2, 6, 4, 4)
    assert torch.allclose(stage.second(y), y)
    assert torch.allclose(stage.third(y), y)
    assert not torch.allclose(ResidualStage(4, 6, straight=False).first(x)[:, :4], x)


def test_folding_changes_nothing_though_the_largest_is_taken_in_between() -> None:
    made = network()
    made.train()(torch.randn(16, 3, 32, 32))  # so that the normalizations have seen something
    made.eval()
    x = torch.randn(4, 3, 32, 32)
    before = made(x)
    after = fold_batch_norm(made)(x)
    for one, other in zip(before, after, strict=True):
        assert torch.allclose(one, other, atol=1e-4)
    assert isinstance(made.stage1.first_norm, nn.Identity)
    assert np.isfinite(before[0].detach().numpy()).all()


def test_what_comes_out_of_the_first_convolution_goes_around_the_others() -> None:
    stage = ResidualStage(4, 6, straight=False).eval()
    for convolution in (stage.second, stage.third):
        nn.init.zeros_(convolution.weight)
    x = torch.randn(2, 4, 8, 8)
    first = torch.relu(stage.first_norm(nn.functional.max_pool2d(stage.first(x), 2)))
    assert torch.allclose(stage(x), first)
