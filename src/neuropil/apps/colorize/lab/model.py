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


@dataclass(frozen=True)
class SeeingSize(ColorizeSize):
    """As wide and deep, and how much the eye sees: channels at 1/4, 1/8, 1/16, 1/32; a mean."""

    eye: tuple[int, int, int, int] = (24, 40, 112, 320)
    n_mean: int = 1280
    more16: int = 2  # further blocks at 1/16


class SeeingNet(ColorizeNet):
    """The same network, told at each level what the eye sees there.

    What is new starts at zero, so that a network without it goes on learning from where it was.
    """

    def __init__(self, size: SeeingSize) -> None:
        super().__init__(size)
        (quarter, eighth, sixteenth), eye = size.widths, size.eye
        self.see4 = added(eye[0], quarter)
        self.see8 = added(eye[1], eighth)
        self.see16 = added(eye[2], sixteenth)
        self.see32 = added(eye[3], sixteenth)
        self.see_whole = nn.Linear(size.n_mean, sixteenth)
        nn.init.zeros_(self.see_whole.weight)
        nn.init.zeros_(self.see_whole.bias)
        self.more16 = blocks(sixteenth, size.more16)

    def forward(  # type: ignore[override]
        self,
        lightness: Tensor,
        hints: Tensor,
        stride_4: Tensor,
        stride_8: Tensor,
        stride_16: Tensor,
        stride_32: Tensor,
        mean_features: Tensor,
    ) -> Tensor:
        """Map lightness (B, 1, H, W), hints (B, 9, h, w), features (B, C, H/s, W/s) to logits."""
        x4 = self.quarter(self.stem(lightness)) + self.hints(hints) + self.see4(stride_4)
        x4 = self.encode4(torch.relu(x4))  # (B, C4, h, w)
        x8 = self.encode8(torch.relu(self.down8(x4) + self.see8(stride_8)))  # (B, C8, h/2, w/2)
        x16 = self.down16(x8) + self.see16(stride_16) + double(self.see32(stride_32))
        x16 = self.encode16(torch.relu(x16))  # (B, C16, h/4, w/4)
        scene = self.tell(self.scene(x16.mean(dim=(2, 3)))) + self.see_whole(mean_features)
        x16 = self.decode16(torch.relu(x16 + scene[:, :, None, None]))
        x8 = self.decode8(torch.relu(x8 + double(self.up8(self.more16(x16)))))
        x4 = self.decode4(torch.relu(x4 + double(self.up4(x8))))
        logits: Tensor = self.colors(self.widen(x4))  # (B, N, h, w)
        return logits


def added(n_in: int, width: int) -> nn.Sequential:
    """Make a sum of channels that adds nothing yet: (B, C, h, w) to (B, width, h, w)."""
    norm = nn.BatchNorm2d(width)
    nn.init.zeros_(norm.weight)
    return nn.Sequential(nn.Conv2d(n_in, width, 1, bias=False), norm)
