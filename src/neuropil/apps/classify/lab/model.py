"""The classifying network: ten convolutions, ever more channels, and a neuron for each class.

    B  pictures in a batch     H, W  their pixels, 32 x 32 at most in training     C  channels

                       side at 32 x 32    channels
    whiten   2 x 2           31              24       fixed: the colors of 2 x 2 pixels, unmixed
    stage 1  3 x 3  pool     15              64
             3 x 3           15              64
             3 x 3           15              64       what came out of the first is added
    stage 2  3 x 3 three times, as above     224      side 7
    stage 3  3 x 3 three times, as above     320      side 3
    features: of each channel its largest value (B, 320)
    logits: for each class a weighted sum of the features (B, 10)
    outside: one more, whether it is none of them (B, 1), behind 32 neurons of its own; both are
             learned last, see calibration.py

Every unit is the neuron of the notes, z = sum of w * x + b, then a = max(z, 0). The shape follows
Keller Jordan's airbench96 (2024), narrower, with max(z, 0) for GELU.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

EPSILON = 5e-4  # added to variances, so that the faintest patterns aren't blown up


@dataclass(frozen=True)
class ClassifySize:
    """How many channels each stage has, and how many classes there are."""

    widths: tuple[int, int, int] = (64, 224, 320)
    n_classes: int = 10
    n_hidden: int = 32  # neurons before `outside`


class ClassifyNet(nn.Module):
    """Gives every class of a picture a number, its logit, and the features that it rests on."""

    def __init__(self, size: ClassifySize, *, whitened: bool = True, straight: bool = True) -> None:
        super().__init__()
        self.whiten = Whiten(fixed=whitened)
        widths = (Whiten.N_OUT, *size.widths)
        self.stage1 = ResidualStage(widths[0], widths[1], straight=straight)
        self.stage2 = ResidualStage(widths[1], widths[2], straight=straight)
        self.stage3 = ResidualStage(widths[2], widths[3], straight=straight)
        self.head = nn.Linear(widths[3], size.n_classes)
        nn.init.zeros_(self.head.bias)
        self.hidden = nn.Linear(widths[3], size.n_hidden).requires_grad_(False)
        self.outside = nn.Linear(size.n_hidden, 1).requires_grad_(False)
        nn.init.zeros_(self.outside.weight)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map pictures (B, 3, H, W), standardized, to logits, outside and features."""
        B, three, H, W = picture.shape
        x = self.stage3(self.stage2(self.stage1(self.whiten(picture))))  # (B, C, 3, 3)
        features = x.amax(dim=(2, 3))  # (B, C)
        outside = self.outside(torch.relu(self.hidden(features)))
        return self.head(features), outside, features


class Whiten(nn.Module):
    """A fixed convolution whose outputs are uncorrelated and of variance 1.

    Its kernels are the eigenvectors of the covariance of patches of 2 x 2 pixels, each divided by
    the root of its eigenvalue, and their negatives, since max(z, 0) would lose half of each. They
    are found in the first batch that the network is trained on. Only the bias is learned.
    """

    N_OUT = 24  # 2 · (2 · 2 · 3)

    def __init__(self, *, fixed: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, self.N_OUT, 2)
        self.norm = (
            nn.Identity() if fixed else CenteringNorm(self.N_OUT)
        )  # kernels that learn want one
        self.conv.weight.requires_grad_(not fixed)
        nn.init.zeros_(self.conv.bias)  # type: ignore[arg-type]
        self.register_buffer("found", torch.tensor(not fixed))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, 3, H, W) to (B, 24, H-1, W-1)."""
        if self.training and not self.found:
            self.conv.weight.copy_(whitening_kernels(x.float()))
            self.found.fill_(True)  # type: ignore[operator]
        return torch.relu(self.norm(self.conv(x)))


@torch.no_grad()
def whitening_kernels(pictures: Tensor) -> Tensor:
    """Find the kernels (24, 3, 2, 2) that unmix patches of 2 x 2 pixels."""
    patches = pictures.unfold(2, 2, 1).unfold(3, 2, 1).permute(0, 2, 3, 1, 4, 5).reshape(-1, 12)
    values, vectors = torch.linalg.eigh(torch.cov(patches.T))
    kernels = (vectors / (values + EPSILON).sqrt()).T.reshape(12, 3, 2, 2)
    return torch.cat([kernels, -kernels])


class ResidualStage(nn.Module):
    """Three convolutions; the first halves height and width by keeping the largest of four.

    What comes out of the first goes around the other two as well and is added to what they make of
    it (He et al. 2016): a deep network learns as fast as a shallow one.

    The normalizations learn a shift and no scale: what is larger before them is larger after them.
    So the largest of four may be taken before them, as here, which is four times less work, or
    after them, as in the exported file, where they are folded into the convolutions.
    """

    def __init__(self, n_in: int, width: int, *, straight: bool) -> None:
        super().__init__()
        self.first = nn.Conv2d(n_in, width, 3, padding=1, bias=False)
        self.first_norm = CenteringNorm(width)
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.second_norm = CenteringNorm(width)
        self.third = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.third_norm = CenteringNorm(width)
        if straight:
            nn.init.dirac_(self.first.weight.data[:n_in])
            nn.init.dirac_(self.second.weight.data)
            nn.init.dirac_(self.third.weight.data)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, width, H/2, W/2)."""
        x = torch.relu(self.first_norm(nn.functional.max_pool2d(self.first(x), 2)))
        made = torch.relu(self.second_norm(self.second(x)))
        return torch.relu(x + self.third_norm(self.third(made)))


class CenteringNorm(nn.BatchNorm2d):
    """Batch normalization whose scale is 1 and stays so."""

    def __init__(self, width: int) -> None:
        super().__init__(width)
        self.weight.requires_grad_(False)
