"""The loss of a choice among thousands, some rows at a time, so that no logits have to be kept.

    z = x Wᵀ + b      p = softmax(z)      y_v = (1 - s) [v is the target] + s / V
    loss = mean over rows of -Σ y_v ln p_v
    dloss/dz = (p - y) / N      dloss/dx = dz W      dloss/dW = dzᵀ x      dloss/db = Σ dz

    N  rows      D  width      V  choices      s  smoothing

Gradients are made on the way forward, while a part's p is at hand: of 4,000 tokens and 8,000 pieces
torch would write and read the 130 MB of z and of its gradient some ten times.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

ROWS = 512  # at a time


def choice_loss(
    x: Tensor, weight: Tensor, bias: Tensor, target: Tensor, smoothing: float
) -> Tensor:
    """Give torch's `cross_entropy(linear(x, weight, bias), target, label_smoothing=smoothing)`."""
    loss: Tensor = ChoiceLoss.apply(x, weight, bias, target, smoothing)  # type: ignore[no-untyped-call]
    return loss


class ChoiceLoss(Function):
    """The loss, and the gradients that it makes on its way."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, target: Tensor, smoothing: float
    ) -> Tensor:
        """Map x (N, D), W (V, D), b (V,) and targets (N,) to the mean loss; keep its gradients."""
        N, V = len(x), len(weight)
        narrow = weight.to(x.dtype)  # products are made in the type of x, sums in float32
        found = torch.zeros((), device=x.device)
        dx, dw, db = torch.empty_like(x), torch.zeros_like(weight), torch.zeros_like(bias)
        for start in range(0, N, ROWS):
            part, true = x[start : start + ROWS], target[start : start + ROWS, None]
            z = (part @ narrow.T).float() + bias
            whole = z.logsumexp(dim=1)
            right = (1 - smoothing) * z.gather(1, true)[:, 0] + smoothing * z.mean(dim=1)
            found += (whole - right).sum() / N
            dz = z.sub_(whole[:, None]).exp_().sub_(smoothing / V)
            dz.scatter_add_(1, true, torch.full_like(true, smoothing - 1, dtype=dz.dtype))
            dz.div_(N)
            db += dz.sum(dim=0)
            close = dz.to(x.dtype)
            dx[start : start + ROWS] = close @ narrow
            dw += close.T @ part
        ctx.save_for_backward(dx, dw, db)
        return found

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        """Give the gradients that are kept, times that of the loss."""
        dx, dw, db = ctx.saved_tensors
        return dx * slope.to(dx.dtype), dw * slope, db * slope, None, None
