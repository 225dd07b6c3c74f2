"""The networks: a finder of faces, a finder of their points, from sound to shape, and the judge.

B  examples     C  channels     H, W  pixels     h, w  cells     T  steps
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, interpolate, normalize

from neuropil.apps.lipsync.hearing import HEARD
from neuropil.apps.lipsync.phones import PHONES
from neuropil.apps.lipsync.shapes import FEATURES, N_POINTS
from neuropil.apps.lipsync.speech import AHEAD
from neuropil.apps.lipsync.sync import JUDGE_SEEN
from neuropil.training.blocks import ConvNorm, Residual

FINDER_WIDTHS = (16, 24, 48, 72, 96)  # of strides 2, 4, 8, 16, 32
HEAD = 32
RARE = -4.0  # logit of a face in a cell, before anything is learned
LANDMARK_WIDTHS = (16, 32, 48, 80, 96)  # of strides 2, 4, 8, 16, 32
FACE_SIDE = 4  # cells of the last stride in a crop
CELLS = 128  # of a layer of the speech network
JUDGE_WIDTH, JUDGE_DIRECTION = 64, 24


class FinderNet(nn.Module):
    """Five strides down, and four of them added up again (Lin et al. 2017, feature pyramids)."""

    def __init__(self) -> None:
        super().__init__()
        a, b, c, d, e = FINDER_WIDTHS
        self.halved = ConvNorm(3, a, stride=2)
        self.stride_4 = ConvNorm(a, b, stride=2)
        self.stride_8 = nn.Sequential(ConvNorm(b, c, stride=2), Residual(c))
        self.stride_16 = nn.Sequential(ConvNorm(c, d, stride=2), Residual(d), Residual(d))
        self.stride_32 = nn.Sequential(ConvNorm(d, e, stride=2), Residual(e))
        self.across = nn.ModuleList([nn.Conv2d(n, HEAD, 1) for n in (b, c, d, e)])
        self.head = ConvNorm(HEAD, HEAD)
        self.maps = nn.Conv2d(HEAD, 5, 1)
        assert self.maps.bias is not None
        with torch.no_grad():
            self.maps.bias.copy_(torch.tensor([RARE, 2.5, 2.5, 2.5, 2.5]))

    def forward(self, picture: Tensor) -> Tensor:
        """Map pictures (B, 3, H, W), sides multiples of 32, to maps (B, 5, H/4, W/4)."""
        near = self.stride_4(self.halved(picture))
        middle = self.stride_8(near)
        far = self.stride_16(middle)
        farthest = self.stride_32(far)
        *others, last = (
            cross(x) for cross, x in zip(self.across, (near, middle, far, farthest), strict=True)
        )
        for finer in reversed(others):
            last = finer + interpolate(last, scale_factor=2.0, mode="nearest")
        return cast(Tensor, self.maps(self.head(torch.relu(last))))


class LandmarkNet(nn.Module):
    """A crop of a face to its 68 points, and whether it is one."""

    def __init__(self) -> None:
        super().__init__()
        a, b, c, d, e = LANDMARK_WIDTHS
        self.trunk = nn.Sequential(
            ConvNorm(1, a, stride=2),
            ConvNorm(a, b, stride=2),
            Residual(b),
            ConvNorm(b, c, stride=2),
            Residual(c),
            Residual(c),
            ConvNorm(c, d, stride=2),
            Residual(d),
            Residual(d),
            ConvNorm(d, e, stride=2),
        )
        n = e * FACE_SIDE**2
        self.points = nn.Linear(n, 2 * N_POINTS)
        self.face = nn.Linear(n, 1)

    def forward(self, crop: Tensor) -> tuple[Tensor, Tensor]:
        """Map crops (B, 1, 128, 128) to points (B, 136) and the logit (B, 1) that it is a face.

        Points are x and y in turn, -1 to 1 from the center of the crop's first pixel to the last.
        """
        x = self.trunk(crop).flatten(1)
        return self.points(x), self.face(x)


# --- from sound to shape -------------------------------------------------------------------------


class SpeechStep(nn.Module):
    """One step of two LSTM layers: what is heard in 20 ms to the mouth, and to the phone."""

    def __init__(self, hidden: int = CELLS) -> None:
        super().__init__()
        self.first = nn.LSTMCell(HEARD, hidden)
        self.second = nn.LSTMCell(hidden, hidden)
        self.mouth = nn.Linear(hidden, len(FEATURES))
        self.phone = nn.Linear(hidden, len(PHONES))

    def forward(
        self, heard: Tensor, h1: Tensor, c1: Tensor, h2: Tensor, c2: Tensor
    ) -> tuple[Tensor, ...]:
        """Take what is heard (B, 80) and the state (B, H) one step on.

        Returns the mouth (B, 10), normalized, and logits of phones (B, 41), of AHEAD steps before.
        """
        h1, c1 = self.first(heard, (h1, c1))
        h2, c2 = self.second(h1, (h2, c2))
        return self.mouth(h2), self.phone(h2), h1, c1, h2, c2


class SpeechNet(nn.Module):
    """The step, let run over whole recordings."""

    def __init__(self, hidden: int = CELLS, dropout: float = 0.2) -> None:
        super().__init__()
        self.step = SpeechStep(hidden)
        self.dropout = dropout

    def forward(self, heard: Tensor) -> tuple[Tensor, Tensor]:
        """Map what is heard (B, T, 80) to mouths (B, T, 10) and logits of phones (B, T, 41).

        The last step is heard on for AHEAD steps, of which the first outputs are left out.
        """
        x = torch.cat([heard, heard[:, -1:].expand(-1, AHEAD, -1)], dim=1)
        for cell in (self.step.first, self.step.second):
            x = dropout(run_cell(cell, x), self.dropout, self.training)
        x = x[:, AHEAD:]
        return self.step.mouth(x), self.step.phone(x)


def run_cell(cell: nn.LSTMCell, x: Tensor) -> Tensor:
    """Run a cell over steps (B, T, I) from zero: its h (B, T, H), as step by step but faster."""
    start = x.new_zeros(1, len(x), cell.hidden_size)
    weights = [cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh]
    made: Tensor = torch.lstm(x, (start, start), weights, True, 1, 0.0, False, False, True)[0]
    return made


# --- the judge of synchrony ----------------------------------------------------------------------


class JudgeSound(nn.Module):
    """What is heard to a direction, which the mouth of the same moment has too, and to opening."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = stack_convolutions(HEARD, JUDGE_WIDTH)
        self.direction = nn.Conv1d(JUDGE_WIDTH, JUDGE_DIRECTION, 1)
        self.opening = nn.Conv1d(JUDGE_WIDTH, 1, 1)

    def forward(self, heard: Tensor) -> tuple[Tensor, Tensor]:
        """Map (B, 80, T) to directions (B, D, T) and openings (B, 1, T), normalized."""
        x = self.trunk(heard)
        return self.direction(x), self.opening(x)


class JudgeMouth(nn.Module):
    """The mouth as it moves, to a direction at each moment."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = stack_convolutions(JUDGE_SEEN, JUDGE_WIDTH)
        self.direction = nn.Conv1d(JUDGE_WIDTH, JUDGE_DIRECTION, 1)

    def forward(self, seen: Tensor) -> Tensor:
        """Map (B, 3, T) to directions (B, D, T)."""
        made: Tensor = self.direction(self.trunk(seen))
        return made


class JudgeNet(nn.Module):
    """Two towers that say of sound and mouth how well each moment of one fits one of the other."""

    def __init__(self) -> None:
        super().__init__()
        self.sound = JudgeSound()
        self.mouth = JudgeMouth()
        self.sharpness = nn.Parameter(torch.tensor(2.5))  # logarithm, of the softmax over lags

    def forward(self, heard: Tensor, seen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map (B, 80, T) and (B, 3, T) to unit directions (B, D, T), and openings (B, 1, T)."""
        sound, opening = self.sound(heard)
        return normalize(sound, dim=1), normalize(self.mouth(seen), dim=1), opening


def stack_convolutions(n_in: int, width: int) -> nn.Sequential:
    """Stack three convolutions over time, which see 260 ms to either side."""
    layers: list[nn.Module] = []
    for k, dilation in enumerate((1, 2, 3)):
        padding = 2 * dilation
        first = nn.Conv1d(n_in if k == 0 else width, width, 5, padding=padding, dilation=dilation)
        layers += [first, nn.ReLU(), nn.Dropout(0.1)]
    return nn.Sequential(*layers)
