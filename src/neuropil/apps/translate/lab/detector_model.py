"""The detector: which cells of a picture are in the middle of a line of text, and where it ends.

B  pictures   H, W  pixels, multiples of 32   C  channels   cells of 4 x 4 pixels

It reads what the eye sees, which was learned on a million photographs, and the picture itself, for
small print, which the eye was never asked about.
"""

from torch import Tensor, nn
from torch.nn.functional import interpolate

from neuropil.training.blocks import ConvNorm, Residual

SEEN = {"stride_4": 24, "stride_8": 40, "stride_16": 112, "stride_32": 320}  # channels of the eye
WIDTHS = (48, 64, 96, 96)  # channels at 1/4, 1/8, 1/16, 1/32
FINE = (16, 32)  # channels of the picture's own at 1/2, 1/4
N_MAPS = 3  # kernel, distance up, distance down
RARE = -3.0  # logit of a cell of a kernel to begin with: few are
MIDDLE = 2.2  # logarithm of a distance to begin with: nine pixels


def double(x: Tensor) -> Tensor:
    """Double height and width, each value twice in a row: (B, C, h, w) to (B, C, 2h, 2w)."""
    return interpolate(x, scale_factor=2.0, mode="nearest")


class DetectorNet(nn.Module):
    """Maps of a picture: logit of a kernel, log distances up and down, (B, 3, H/4, W/4)."""

    def __init__(self) -> None:
        super().__init__()
        w4, w8, w16, w32 = WIDTHS
        self.fine = nn.Sequential(
            ConvNorm(3, FINE[0], stride=2), ConvNorm(FINE[0], FINE[1], stride=2)
        )
        self.enter32 = nn.Sequential(ConvNorm(SEEN["stride_32"], w32, kernel=1), Residual(w32))
        self.enter16 = ConvNorm(SEEN["stride_16"], w16, kernel=1)
        self.enter8 = ConvNorm(SEEN["stride_8"], w8, kernel=1)
        self.enter4 = ConvNorm(SEEN["stride_4"], FINE[1], kernel=1)
        self.up16 = nn.Conv2d(w32, w16, 1)
        self.decode16 = Residual(w16)
        self.up8 = nn.Conv2d(w16, w8, 1)
        self.decode8 = Residual(w8)
        self.up4 = nn.Conv2d(w8, FINE[1], 1)
        self.decode4 = nn.Sequential(ConvNorm(FINE[1], w4), ConvNorm(w4, w4))
        self.maps = nn.Conv2d(w4, N_MAPS, 1)
        nn.init.zeros_(self.maps.weight)
        assert self.maps.bias is not None
        self.maps.bias.data.copy_(self.maps.bias.new_tensor([RARE, MIDDLE, MIDDLE]))

    def forward(
        self,
        picture: Tensor,
        stride_4: Tensor,
        stride_8: Tensor,
        stride_16: Tensor,
        stride_32: Tensor,
    ) -> Tensor:
        """Map a picture (B, 3, H, W), -1..1, and the eye's features (B, C, H/s, W/s)."""
        x16 = self.decode16(self.enter16(stride_16) + double(self.up16(self.enter32(stride_32))))
        x8 = self.decode8(self.enter8(stride_8) + double(self.up8(x16)))
        x4 = self.enter4(stride_4) + self.fine(picture) + double(self.up4(x8))
        maps: Tensor = self.maps(self.decode4(x4))
        return maps
