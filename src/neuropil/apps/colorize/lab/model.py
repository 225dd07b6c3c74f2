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
class DecoderSize:
    """How wide the decoder is at 1/4, 1/8, 1/16, 1/32, and how many residual blocks it has.

    At 1/32 there are none: 0.66 million weights of the 6 there may be, and nothing got worse.
    """

    widths: tuple[int, int, int, int] = (64, 96, 160, 192)
    depths: tuple[int, int, int] = (2, 2, 2)
    eye: tuple[int, int, int, int] = (24, 40, 112, 320)  # channels of the eye's features
    n_mean: int = 1280  # mean features of the eye
    n_colors: int = 132
    n_hint_channels: int = 9


class EyeDecoder(nn.Module):
    """Predicts, from what the eye sees, how likely each color is in each cell of 4 x 4 pixels.

    From the coarsest features up to the finest; at each level what came from below is added to what
    the eye sees there. Hints enter at 1/16, where a few layers reach across the photograph, at 1/8,
    and at 1/4, where they lie.
    """

    def __init__(self, size: DecoderSize) -> None:
        super().__init__()
        (w4, w8, w16, w32), (d4, d8, d16) = size.widths, size.depths
        eye4, eye8, eye16, eye32 = size.eye
        self.scene = nn.Linear(size.n_mean, w32)
        self.enter32 = ConvNorm(eye32, w32, kernel=1)
        self.enter16 = ConvNorm(eye16, w16, kernel=1)
        self.enter8 = ConvNorm(eye8, w8, kernel=1)
        self.enter4 = ConvNorm(eye4, w4, kernel=3)
        self.hints16 = nn.Conv2d(size.n_hint_channels, w16, 3, padding=1)
        self.hints8 = nn.Conv2d(size.n_hint_channels, w8, 3, padding=1)
        self.hints4 = nn.Conv2d(size.n_hint_channels, w4, 3, padding=1)
        self.up16 = nn.Conv2d(w32, w16, 1)
        self.decode16 = blocks(w16, d16)
        self.up8 = nn.Conv2d(w16, w8, 1)
        self.decode8 = blocks(w8, d8)
        self.up4 = nn.Conv2d(w8, w4, 1)
        self.decode4 = blocks(w4, d4)
        self.widen = ConvNorm(w4, 2 * w4, kernel=1)
        self.colors = nn.Conv2d(2 * w4, size.n_colors, 1)

    def forward(
        self,
        stride_4: Tensor,
        stride_8: Tensor,
        stride_16: Tensor,
        stride_32: Tensor,
        mean_features: Tensor,
        hints: Tensor,
    ) -> Tensor:
        """Map features (B, C, H/s, W/s) and hints (B, 9, h, w) to logits (B, N, h, w)."""
        scene = self.scene(mean_features)[:, :, None, None]  # one vector for the whole
        x32 = torch.relu(self.enter32(stride_32) + scene)  # (B, C32, h/8, w/8)
        told = self.hints16(nn.functional.avg_pool2d(hints, 4))
        x16 = torch.relu(self.enter16(stride_16) + told + double(self.up16(x32)))
        told = self.hints8(nn.functional.avg_pool2d(hints, 2))
        x8 = torch.relu(self.enter8(stride_8) + told + double(self.up8(self.decode16(x16))))
        x8 = self.decode8(x8)  # (B, C8, h/2, w/2)
        x4 = self.enter4(stride_4) + self.hints4(hints) + double(self.up4(x8))
        logits: Tensor = self.colors(self.widen(self.decode4(torch.relu(x4))))
        return logits


class SeeingNet(nn.Module):
    """Two opinions multiplied: of what the pixels say, and of what the eye sees in them.

        p(color) ∝ p_pixels(color) · p_eye(color)        z = z_pixels + z_eye

    A product of experts (Hinton 2002): the one knows edges and hints, the other what things are,
    and a color that either holds impossible is not taken.
    """

    def __init__(self, pixels: ColorizeSize, eye: DecoderSize) -> None:
        super().__init__()
        self.pixels = ColorizeNet(pixels)
        self.eye = EyeDecoder(eye)

    def forward(
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
        seen = self.eye(stride_4, stride_8, stride_16, stride_32, mean_features, hints)
        logits: Tensor = self.pixels(lightness, hints) + seen  # (B, N, h, w)
        return logits
