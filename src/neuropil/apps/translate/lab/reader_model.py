"""The reader: a convolutional network that tells which character is at every step of a line.

B  lines   L  width of the longest   T = L / 4  steps   N  characters, and the blank   C  channels
"""

from torch import Tensor, nn

from neuropil.apps.translate.alphabet import N_OUTPUTS
from neuropil.training.blocks import ConvNorm, Residual

WIDTHS = (32, 64, 128, 192)  # channels at 16, 8, 4 and 2 pixels of height
D = 256  # channels of a step
REACH = 9  # steps that a layer along the line sees
ALONG = 6  # layers along the line


class Along(nn.Module):
    """Steps mixed with their neighbors, widened and narrowed, and added to what came in.

    As ConvNeXt (Liu et al. 2022), with batch normalization, which folds into the first kernel.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(
            width, width, (1, REACH), padding=(0, REACH // 2), groups=width, bias=False
        )
        self.norm = nn.BatchNorm2d(width)
        self.widen = nn.Conv2d(width, 3 * width, 1)
        self.relu = nn.ReLU(inplace=True)
        self.narrow = nn.Conv2d(3 * width, width, 1)
        nn.init.zeros_(self.narrow.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, D, 1, T) to the same shape."""
        y: Tensor = x + self.narrow(self.relu(self.widen(self.norm(self.mix(x)))))
        return y


class ReaderNet(nn.Module):
    """Grey lines of 32 pixels to logits of characters, (B, 1, 32, L) to (B, T, N)."""

    def __init__(self) -> None:
        super().__init__()
        a, b, c, d = WIDTHS
        self.shapes = nn.Sequential(
            ConvNorm(1, a, stride=2),
            ConvNorm(a, b, stride=2),
            Residual(b),
            strided(b, c),
            Residual(c),
            strided(c, d),
            Residual(d),
        )
        self.join = ConvNorm(d, D, kernel=1)
        self.join[0] = nn.Conv2d(d, D, (2, 3), padding=(0, 1), bias=False)
        self.along = nn.Sequential(*(Along(D) for _ in range(ALONG)))
        self.choose = nn.Conv2d(D, N_OUTPUTS, 1)

    def forward(self, line: Tensor) -> Tensor:
        """Give the logits of every step."""
        x = self.along(self.join(self.shapes(line)))
        y: Tensor = self.choose(x).squeeze(2).transpose(1, 2)
        return y


def strided(n_in: int, width: int) -> nn.Sequential:
    """Halve the height, and keep the width: (B, C, H, T) to (B, width, H/2, T)."""
    return nn.Sequential(
        nn.Conv2d(n_in, width, 3, stride=(2, 1), padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
    )
