"""The driving network, after PilotNet (Bojarski et al. 2016): five convolutions, three layers.

    B  pictures in a batch     C  channels     side  pixels: 96 x 96 in

               side    channels
    5 x 5 / 2   46        24
    5 x 5 / 2   21        36
    5 x 5 / 2    9        48
    3 x 3        7        64
    3 x 3        5        64
    100 neurons, 50 neurons; steering by tanh, gas and brake by a sigmoid

Every unit but the last three is z = sum of w * x + b, then a = max(z, 0).
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

CONVOLUTIONS = ((5, 2, 24), (5, 2, 36), (5, 2, 48), (3, 1, 64), (3, 1, 64))  # side, stride, C
FLAT = 64 * 5 * 5
DENSE = (FLAT, 100, 50)


class DriveNet(nn.Module):
    """Steers a car by one picture of its camera."""

    def __init__(self) -> None:
        super().__init__()
        n_in = 3
        self.sees = nn.ModuleList()
        for side, stride, width in CONVOLUTIONS:
            self.sees.append(nn.Conv2d(n_in, width, side, stride))
            n_in = width
        self.thinks = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(DENSE))
        self.steers = nn.Linear(DENSE[-1], 1)
        self.pedals = nn.Linear(DENSE[-1], 2)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Map pictures (B, 3, 96, 96) to steering (B, 1), gas and brake (B, 2)."""
        B, three, H, W = picture.shape
        x = picture
        for convolution in self.sees:
            x = torch.relu(convolution(x))
        x = x.flatten(1)  # (B, 1600)
        for layer in self.thinks:
            x = torch.relu(layer(x))
        return torch.tanh(self.steers(x)), torch.sigmoid(self.pedals(x))
