"""How weights move: AdamW for all, or Muon for the kernels of convolutions and Adam for the rest.

Every group keeps `initial_lr`, its rate at the highest, which the loop scales by its schedule, and
`fall`, the share of the steps in which that goes down to zero.
"""

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

BETAS = (0.9, 0.98)
ADAM_LR = 0.002  # of what isn't moved by Muon
MOMENTUM = 0.6
ROUNDS = 3  # of Newton and Schulz; five bring the singular values nearer to 1, for little
QUINTIC = (3.4445, -4.7750, 2.0315)  # a, b, c of a s + b s³ + c s⁵, which pushes s to about 1


def adamw(
    network: nn.Module, lr: float, *, weight_decay: float = 0.02, fall: float = 0.4
) -> Optimizer:
    """Adam with decoupled decay (Loshchilov and Hutter 2019): of matrices and kernels only."""
    kernels = [p for p in network.parameters() if p.ndim >= 2]
    others = [p for p in network.parameters() if p.ndim < 2]
    groups = [
        {"params": kernels, "weight_decay": weight_decay, "initial_lr": lr, "fall": fall},
        {"params": others, "weight_decay": 0.0, "initial_lr": lr, "fall": fall},
    ]
    return AdamW(groups, lr=lr, betas=BETAS)


class Muon(Optimizer):
    """Momentum whose kernels move by orthogonal matrices (Jordan et al. 2024).

    A kernel (C_out, C_in, h, w) is a matrix of C_out rows. Its momentum U S Vᵀ is replaced by
    about U Vᵀ, so that all directions move alike, also those that few examples ask for. It is for
    kernels with a normalization behind them, to which their length means nothing: it is kept at
    √C_out, and `lr` is the share of itself by which a kernel moves. All else moves by Adam.
    """

    def __init__(self, network: nn.Module, lr: float) -> None:
        learned = [p for p in network.parameters() if p.requires_grad]
        kernels = [p for p in learned if p.ndim == 4]
        others = [p for p in learned if p.ndim != 4]
        groups = [
            {"params": kernels, "initial_lr": lr, "fall": 1.0},
            {"params": others, "initial_lr": ADAM_LR, "fall": 1.0},
        ]
        super().__init__(groups, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move every parameter once."""
        kernels, others = self.param_groups
        for p in kernels["params"]:
            self.muon_step(p, kernels["lr"])
        for p in others["params"]:
            self.adam_step(p, others["lr"])

    def muon_step(self, p: Tensor, lr: float) -> None:
        """Move a kernel by the orthogonal part of its momentum."""
        assert p.grad is not None
        push = self.state[p].setdefault("momentum", torch.zeros_like(p))
        push.mul_(MOMENTUM).add_(p.grad)
        ahead = p.grad.add(push, alpha=MOMENTUM)  # Nesterov's
        p.mul_(len(p) ** 0.5 / p.norm())
        p.add_(newton_schulz(ahead.flatten(1)).view(p.shape), alpha=-lr)

    def adam_step(self, p: Tensor, lr: float) -> None:
        """Move a bias or matrix by its mean gradient over the root of its mean square."""
        assert p.grad is not None
        state = self.state[p]
        mean = state.setdefault("mean", torch.zeros_like(p))
        square = state.setdefault("square", torch.zeros_like(p))
        t = state["t"] = state.get("t", 0) + 1
        mean.lerp_(p.grad, 1 - BETAS[0])
        square.lerp_(p.grad.square(), 1 - BETAS[1])
        root = (square / (1 - BETAS[1] ** t)).sqrt_() + 1e-8
        p.addcdiv_(mean, root, value=-lr / (1 - BETAS[0] ** t))


def newton_schulz(matrix: Tensor) -> Tensor:
    """Bring all singular values of a matrix near 1 by iterating a polynomial (Newton, Schulz)."""
    a, b, c = QUINTIC
    wide = matrix if len(matrix) <= matrix.shape[1] else matrix.T
    x = wide / (wide.norm() + 1e-7)
    for _ in range(ROUNDS):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return cast(Tensor, x if wide is matrix else x.T)
