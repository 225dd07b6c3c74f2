"""The colorizing network: a residual U-Net from lightness and hints to a distribution over colors.

    B  photographs in a batch          H, W  working size in pixels, multiples of 16
    h, w  H/4, W/4: the grid of cells on which colors are predicted
    C  channels                        N  colors of the palette

Every unit is the neuron of the notes: z = sum of w * x + b, then a = max(z, 0). (Batch
normalization is there while training; it is an affine map of each z and is folded into w and b
before export.)
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from neuropil.training.blocks import ConvNorm, Residual


@dataclass(frozen=True)
class ColorizeSize:
    """How wide (channels) and how deep (residual blocks) the network is at 1/4, 1/8 and 1/16."""

    stem: int = 32
    widths: tuple[int, int, int] = (64, 128, 192)
    depths: tuple[int, int, int] = (2, 3, 2)
    n_colors: int = 132
    n_hint_channels: int = 9


class ColorizeNet(nn.Module):
    """Predicts, for each cell of 4 x 4 pixels, how likely each color of the palette is."""

    def __init__(self, size: ColorizeSize) -> None:
        super().__init__()
        quarter, eighth, sixteenth = size.widths
        self.stem = ConvNorm(1, size.stem, stride=2)
        self.quarter = ConvNorm(size.stem, quarter, stride=2)
        self.hints = nn.Conv2d(size.n_hint_channels, quarter, 3, padding=1)
        self.encode4 = blocks(quarter, size.depths[0])
        self.down8 = ConvNorm(quarter, eighth, stride=2)
        self.encode8 = blocks(eighth, size.depths[1])
        self.down16 = ConvNorm(eighth, sixteenth, stride=2)
        self.encode16 = blocks(sixteenth, size.depths[2])
        self.scene = nn.Sequential(nn.Linear(sixteenth, sixteenth), nn.ReLU())
        self.tell = nn.Linear(sixteenth, sixteenth)
        self.decode16 = blocks(sixteenth, 1)
        self.up8 = nn.Conv2d(sixteenth, eighth, 1)
        self.decode8 = blocks(eighth, 1)
        self.up4 = nn.Conv2d(eighth, quarter, 1)
        self.decode4 = blocks(quarter, 1)
        self.widen = ConvNorm(quarter, 2 * quarter, kernel=1)
        self.colors = nn.Conv2d(2 * quarter, size.n_colors, 1)

    def forward(self, lightness: Tensor, hints: Tensor) -> Tensor:
        """Map lightness (B, 1, H, W) and hints (B, 9, h, w) to logits (B, N, h, w)."""
        B, one, H, W = lightness.shape
        x4 = self.quarter(self.stem(lightness)) + self.hints(hints)  # (B, C4, h, w)
        x4 = self.encode4(torch.relu(x4))
        x8 = self.encode8(self.down8(x4))  # (B, C8, h/2, w/2)
        x16 = self.encode16(self.down16(x8))  # (B, C16, h/4, w/4)
        scene = self.tell(self.scene(x16.mean(dim=(2, 3))))  # (B, C16): one vector for the whole
        x16 = self.decode16(torch.relu(x16 + scene[:, :, None, None]))
        x8 = self.decode8(torch.relu(x8 + double(self.up8(x16))))
        x4 = self.decode4(torch.relu(x4 + double(self.up4(x8))))
        logits: Tensor = self.colors(self.widen(x4))  # (B, N, h, w)
        return logits


def blocks(width: int, depth: int) -> nn.Sequential:
    """Stack residual blocks of one width."""
    return nn.Sequential(*(Residual(width) for _ in range(depth)))


def double(x: Tensor) -> Tensor:
    """Double height and width; each new value is a weighted mean of the four nearest."""
    return nn.functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
