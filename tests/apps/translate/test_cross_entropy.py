"""The loss of a choice among thousands: what torch gives, in value and in gradients."""

import pytest
import torch
from torch.nn.functional import cross_entropy, linear

from neuropil.apps.translate.lab.cross_entropy import ROWS, choice_loss

N, D, V = 2 * ROWS + 37, 16, 50


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_it_is_what_torch_gives(smoothing: float) -> None:
    made = torch.Generator().manual_seed(0)
    given = [torch.randn(shape, generator=made) for shape in ((N, D), (V, D), (V,))]
    target = torch.randint(V, (N,), generator=made)
    ours, theirs = ([each.clone().requires_grad_() for each in given] for _ in range(2))
    x, weight, bias = ours
    loss = choice_loss(x, weight, bias, target, smoothing)
    known = cross_entropy(linear(*theirs), target, label_smoothing=smoothing)
    torch.testing.assert_close(loss, known)
    for value in (loss, known):
        torch.autograd.backward(3 * value)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one.grad, other.grad)
