"""Optimizers against torch's."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from neuropil.core import (
    SGD,
    Adam,
    Momentum,
    Optimizer,
    Tensor,
    constant,
    cosine,
    step_decay,
    warm_up,
)

PAIRS: list[tuple[Callable[[], Optimizer], Callable[[Any], torch.optim.Optimizer]]] = [
    (lambda: SGD(0.1), lambda p: torch.optim.SGD(p, 0.1)),
    (lambda: Momentum(0.05), lambda p: torch.optim.SGD(p, 0.05, momentum=0.9)),
    (
        lambda: Momentum(0.05, momentum=0.8, nesterov=True),
        lambda p: torch.optim.SGD(p, 0.05, momentum=0.8, nesterov=True),
    ),
    (lambda: Adam(0.01), lambda p: torch.optim.Adam(p, 0.01)),
    (
        lambda: Adam(0.01, beta1=0.8, beta2=0.95, epsilon=1e-3),
        lambda p: torch.optim.Adam(p, 0.01, (0.8, 0.95), 1e-3),
    ),
    (lambda: Adam(0.01, decay=0.1), lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.1)),
]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_moves_as_torch_does(
    ours: Callable[[], Optimizer], theirs: Callable[[Any], torch.optim.Optimizer]
) -> None:
    rng = np.random.default_rng(0)
    shapes = ((2, 3), (4,), ())
    parameters = [Tensor(rng.standard_normal(s), requires_grad=True) for s in shapes]
    references = [torch.tensor(p.value.copy(), requires_grad=True) for p in parameters]
    mine, reference = ours(), theirs(references)
    for _ in range(20):
        for p, r in zip(parameters, references, strict=True):
            p.grad = rng.standard_normal(p.shape)
            r.grad = torch.tensor(p.grad)
        mine.step(parameters)
        reference.step()
    for p, r in zip(parameters, references, strict=True):
        np.testing.assert_allclose(p.value, r.detach().numpy(), rtol=1e-10)


def test_uses_gradients_up_and_moves_in_place() -> None:
    p = Tensor(np.ones(2, np.float32), requires_grad=True)
    value = p.value
    p.grad = np.ones(2, np.float32)
    Adam(0.5).step([p])
    assert p.value is value
    assert p.grad is None
    assert value.dtype == np.float32
    np.testing.assert_allclose(value, [0.5, 0.5], rtol=1e-6)


def test_no_gradient_counts_as_none() -> None:
    p, q = Tensor([1.0], requires_grad=True), Tensor([1.0], requires_grad=True)
    p.grad = np.ones(1)
    SGD(0.1).step([p, q])
    assert p.value.tolist() + q.value.tolist() == [0.9, 1.0]


def test_schedules_scale_the_rate() -> None:
    p = Tensor([0.0], requires_grad=True)
    by = SGD(1.0, step_decay(every=2, factor=0.5))
    for _ in range(4):
        p.grad = np.ones(1)
        by.step([p])
    assert p.value == pytest.approx(-(1 + 1 + 0.5 + 0.5))


def test_schedules() -> None:
    assert [constant(i) for i in (0, 9)] == [1, 1]
    assert [cosine(10)(i) for i in (0, 5, 10, 11)] == pytest.approx([1, 0.5, 0, 0])
    assert [step_decay(10)(i) for i in (0, 9, 10, 20)] == pytest.approx([1, 1, 0.1, 0.01])
    assert [warm_up(4)(i) for i in range(6)] == [0.25, 0.5, 0.75, 1, 1, 1]
    assert warm_up(4, cosine(10))(9) == pytest.approx(0.5)


def test_what_can_not_be() -> None:
    with pytest.raises(ValueError, match="rate=0: how far"):
        Adam(0)
    with pytest.raises(ValueError, match="n_steps=0: a fall takes at least 1 step"):
        cosine(0)
    with pytest.raises(ValueError, match="every=0: the rate can fall after every 1 step"):
        step_decay(0)
    p = Tensor([0.0], requires_grad=True)
    by = Adam(0.1)
    by.step([p])
    with pytest.raises(ValueError, match="begun with other parameters"):
        by.step([Tensor([0.0, 1.0], requires_grad=True)])
