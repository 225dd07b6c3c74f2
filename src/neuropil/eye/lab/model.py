"""EfficientNet-Lite0: Tan and Le 2019, figure 1, without squeeze-and-excitation, ReLU6 for swish.

B pictures   C channels   H, W pixels, multiples of 32   N = 1000 classes   D = 1280 features
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad

EPSILON = 1e-3  # of the normalizations
STEM, D, N = 32, 1280, 1000


@dataclass(frozen=True)
class BlockGroup:
    """Blocks of one width: the first has the stride."""

    expansion: int
    width: int
    blocks: int
    stride: int
    kernel: int
    output: str = ""  # the name under which the last block's features are given


GROUPS = (
    BlockGroup(1, 16, 1, 1, 3),
    BlockGroup(6, 24, 2, 2, 3, "stride_4"),
    BlockGroup(6, 40, 2, 2, 5, "stride_8"),
    BlockGroup(6, 80, 3, 2, 3),
    BlockGroup(6, 112, 3, 1, 5, "stride_16"),
    BlockGroup(6, 192, 4, 2, 5),
    BlockGroup(6, 320, 1, 1, 3, "stride_32"),
)


class SameConv(nn.Conv2d):
    """A convolution with TensorFlow's padding: where it strides, one pixel less at top and left."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C_out, H/stride, W/stride)."""
        apply: Callable[..., Tensor] = PaddedConvolution.apply
        return apply(x, self.weight, self.bias, self.stride[0], self.groups)


class PaddedConvolution(torch.autograd.Function):
    """A convolution padded unequally: torch needs two operations for it, ONNX has it in one."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, kernel: Tensor, bias: Tensor | None, stride: int, groups: int
    ) -> Tensor:
        """Pad, and convolve."""
        first, last = padding(kernel.shape[-1], stride)
        padded = pad(x, (first, last, first, last))
        return conv2d(padded, kernel, bias, stride=stride, groups=groups)

    @staticmethod
    def symbolic(g: Any, x: Any, kernel: Any, bias: Any, stride: int, groups: int) -> Any:
        """Write it as one Conv."""
        size = kernel.type().sizes()[-1]
        first, last = padding(size, stride)
        return g.op(
            "Conv",
            *(x, kernel, bias),
            kernel_shape_i=[size, size],
            strides_i=[stride, stride],
            dilations_i=[1, 1],
            pads_i=[first, first, last, last],
            group_i=groups,
        )


def padding(kernel: int, stride: int) -> tuple[int, int]:
    """Give the pixels added before and behind an even number of pixels."""
    whole = kernel - stride
    return whole // 2, whole - whole // 2


def convolve(n_in: int, width: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """Make a convolution whose output is as large as its input, divided by the stride."""
    if stride > 1:
        return SameConv(n_in, width, kernel, stride, groups=groups, bias=False)
    return nn.Conv2d(n_in, width, kernel, padding=kernel // 2, groups=groups, bias=False)


class InvertedBottleneck(nn.Module):
    """Mobile inverted bottleneck (Sandler et al. 2018): widen, filter each channel, narrow.

    The output is added to the input where it has its shape.
    """

    def __init__(self, n_in: int, group: BlockGroup, stride: int) -> None:
        super().__init__()
        wide = n_in * group.expansion
        self.is_added = stride == 1 and n_in == group.width
        widen = [convolve(n_in, wide), nn.BatchNorm2d(wide, EPSILON), nn.ReLU6()]
        self.layers = nn.Sequential(
            *(widen if group.expansion > 1 else []),
            convolve(wide, wide, group.kernel, stride, groups=wide),
            nn.BatchNorm2d(wide, EPSILON),
            nn.ReLU6(),
            convolve(wide, group.width),
            nn.BatchNorm2d(group.width, EPSILON),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, width, H/stride, W/stride)."""
        y: Tensor = self.layers(x)
        return x + y if self.is_added else y


class EfficientNetLite0(nn.Module):
    """Pictures to features at four strides, to mean features, to logits of ImageNet's classes."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            convolve(3, STEM, 3, 2), nn.BatchNorm2d(STEM, EPSILON), nn.ReLU6()
        )
        n_in, stages = STEM, []
        for group in GROUPS:
            strides = [group.stride, *[1] * (group.blocks - 1)]
            widths = [n_in, *[group.width] * (group.blocks - 1)]
            blocks = (InvertedBottleneck(n, group, s) for n, s in zip(widths, strides, strict=True))
            stages.append(nn.Sequential(*blocks))
            n_in = group.width
        self.stages = nn.ModuleList(stages)
        self.head = nn.Sequential(convolve(n_in, D), nn.BatchNorm2d(D, EPSILON), nn.ReLU6())
        self.classes = nn.Conv2d(D, N, 1)  # of one place, so that it is kept in 8 bits like others

    def forward(self, picture: Tensor) -> tuple[Tensor, ...]:
        """(B, 3, H, W) to the features of `outputs()`, mean features (B, D) and logits (B, N)."""
        x, features = self.stem(picture), []
        for group, layers in zip(GROUPS, self.stages, strict=True):
            x = layers(x)
            if group.output:
                features.append(x)
        mean = self.head(x).mean(dim=(2, 3), keepdim=True)  # (B, D, 1, 1)
        return (*features, mean.flatten(1), self.classes(mean).flatten(1))


def outputs() -> tuple[str, ...]:
    """Name what the network gives, in order."""
    return (*(group.output for group in GROUPS if group.output), "mean_features", "logits")


def load_published(weights: Mapping[str, Tensor]) -> EfficientNetLite0:
    """Put published weights into the network: they are in the order of its layers.

    Raises RuntimeError where a shape differs.
    """
    network = EfficientNetLite0().eval()
    own = network.state_dict()
    renamed = dict(zip(own, weights.values(), strict=True))
    renamed["classes.weight"] = renamed["classes.weight"][:, :, None, None]
    network.load_state_dict(renamed)
    return network
