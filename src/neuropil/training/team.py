"""Several processes that train one network together: each takes its share of every batch.

    team = Team(rank=0, size=2)         # in the first of two processes of one torch group
    fit(recipe, data=data, out=out, team=team)

All begin with the same weights, and every step moves them by the mean of all gradients, so they
stay the same. Losses that are a mean over the examples of a batch are those of one process with
the whole batch. The first process alone scores, writes and reports.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, distributed, nn

from neuropil.kit.errors import UserError

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Team:
    """The place of this process among those that train together."""

    rank: int = 0
    size: int = 1

    @property
    def is_first(self) -> bool:
        """Tell the process that writes and reports."""
        return self.rank == 0

    def share(self, batch: Arrays) -> Arrays:
        """Take this process's part of a batch: every size-th example of each array.

        Arrays of another length than the first stay whole: they are no list of examples. Raises
        UserError where the examples can't be divided into equal parts.
        """
        if self.size == 1:
            return batch
        n = len(next(iter(batch.values())))
        if n % self.size:
            words = f"a batch of {n} examples can't be divided among {self.size} workers"
            raise UserError("option.conflict", f"{words}; choose --workers that divide {n}")
        mine = slice(self.rank, None, self.size)
        return {
            name: array[mine] if array.ndim and len(array) == n else array
            for name, array in batch.items()
        }

    def average(self, network: nn.Module, loss: Tensor) -> Tensor:
        """Replace the gradients of a network by their mean over all processes, and so the loss."""
        if self.size == 1:
            return loss
        gradients = [p.grad for p in network.parameters() if p.grad is not None]
        together = torch.cat([loss.reshape(1), *(g.reshape(-1) for g in gradients)])  # one message
        distributed.all_reduce(together)
        together /= self.size
        mean, *parts = torch.split(together, [1, *(g.numel() for g in gradients)])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))
        return mean.squeeze()

    def agree(self, number: int, place: torch.device) -> int:
        """Take the number of the first process, as of steps that it has timed."""
        if self.size == 1:
            return number
        told = torch.tensor([number], device=place)
        distributed.broadcast(told, src=0)
        return int(told.item())

    def share_statistics(self, network: nn.Module) -> nn.Module:
        """Let batch normalizations see the whole batch: mean and variance over all processes."""
        if self.size > 1:
            for module in list(network.modules()):
                for name, child in module.named_children():
                    is_plain = type(child) in (nn.BatchNorm1d, nn.BatchNorm2d)
                    if is_plain and isinstance(child, nn.BatchNorm1d | nn.BatchNorm2d):
                        setattr(module, name, WholeBatchNorm(child))
        return network


class WholeBatchNorm(nn.BatchNorm2d):
    """Batch normalization by the statistics of all processes, whose shares are equal.

    As torch's SyncBatchNorm, which computes on GPUs alone.
    """

    def __init__(self, other: nn.BatchNorm1d | nn.BatchNorm2d) -> None:
        super().__init__(other.num_features, other.eps, other.momentum, other.affine)
        self.load_state_dict(other.state_dict())

    def _check_input_dim(self, input: Tensor) -> None:  # of a base class that asks for one form
        return

    def forward(self, input: Tensor) -> Tensor:
        """Normalize (B, C, ...)."""
        if not self.training:
            return super().forward(input)
        x = input.float()
        axes = [0, *range(2, x.ndim)]
        moments = torch.stack([x.mean(axes), x.square().mean(axes)])
        add_up: Any = SumOfAll.apply
        mean, square = add_up(moments) / distributed.get_world_size()
        variance = (square - mean.square()).clamp_min(0)
        self._remember(mean.detach(), variance.detach(), x.numel() // x.shape[1])
        form = [1, -1, *[1] * (x.ndim - 2)]
        scale = (variance + self.eps).rsqrt() * self.weight
        shift = self.bias - mean * scale
        normal: Tensor = x * scale.view(form) + shift.view(form)
        return normal.to(input.dtype)

    def _remember(self, mean: Tensor, variance: Tensor, n: int) -> None:
        """Move the running statistics as torch does: the variance is that of a sample."""
        n *= distributed.get_world_size()
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        self.num_batches_tracked += 1
        step = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, step)
        self.running_var.lerp_(variance * (n / max(1, n - 1)), step)


class SumOfAll(torch.autograd.Function):
    """The sum of a tensor over all processes; its gradient is a sum over them, too."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor) -> Tensor:
        """Add up, on a copy."""
        total = tensor.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        """Add up what reaches the sum in every process."""
        total = gradients[0].clone()
        distributed.all_reduce(total)
        return total


ALONE = Team()
