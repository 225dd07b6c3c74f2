"""The building blocks that networks share, from the small to the larger.

B  examples in a batch    C  channels    H, W  height, width
"""

from torch import Tensor, nn


class ConvNorm(nn.Sequential):
    """Convolution, batch normalization, ReLU: (B, C, H, W) to (B, width, H/stride, W/stride)."""

    def __init__(self, n_in: int, width: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(n_in, width, kernel, stride=stride, padding=kernel // 2, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        )


class Residual(nn.Module):
    """Two convolutions whose sum is added to what came in (He et al. 2016, figure 2).

    The second normalization starts at zero, so that a new block passes its input through
    unchanged and a deep stack trains from the first step.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = ConvNorm(width, width)
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        nn.init.zeros_(self.norm.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        y: Tensor = self.relu(x + self.norm(self.second(self.first(x))))
        return y
