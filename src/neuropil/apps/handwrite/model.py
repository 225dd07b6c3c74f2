"""Two networks that read pen strokes, one that tells a hand from them, one that writes.

B  lines      T  points      U = T/2  places      C  channels      H  hidden units      N  labels
S  characters of the text      A  letters (one-hot)      K  Gaussians of the window
D  numbers of a style      M  Gaussians of the next pen step
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from neuropil.apps.handwrite.data import ALPHABET

A, K, D, M = len(ALPHABET) + 1, 8, 48, 12
LOW, HIGH = 192, 256  # hidden units of the writer's two LSTMs
PACE = 2.3  # exp(-PACE): letters per point, about one in ten, that the window starts with


class Reader(nn.Module):
    """Convolutions over near points, two LSTMs that run both ways, a label for each place."""

    def __init__(self, channels: int = 96, hidden: int = 160) -> None:
        super().__init__()
        self.near = nn.Conv1d(4, channels, 7, padding=3)
        self.wide = nn.Conv1d(channels, 2 * channels, 5, stride=2, padding=2)
        self.lstm = nn.LSTM(
            2 * channels, hidden, 2, batch_first=True, bidirectional=True, dropout=0.2
        )
        self.labels = nn.Linear(2 * hidden, len(ALPHABET) + 1)

    def forward(self, strokes: Tensor) -> Tensor:
        """Map strokes (B, T, 4) to logits of labels (B, U, N)."""
        B, T, _ = strokes.shape
        x = torch.relu(self.near(strokes.transpose(1, 2)))  # (B, C, T)
        x = torch.relu(self.wide(x)).transpose(1, 2)  # (B, U, 2C)
        x, _ = self.lstm(x)  # (B, U, 2H)
        logits: Tensor = self.labels(x)
        return logits


class Judge(nn.Module):
    """Another reader, of convolutions alone: six wide ones that each add to what is known."""

    def __init__(self, channels: int = 192, dilations: Sequence[int] = (1, 2, 4, 1, 2, 4)) -> None:
        super().__init__()
        self.near = nn.Conv1d(4, channels, 7, padding=3)
        self.halved = nn.Conv1d(channels, channels, 5, stride=2, padding=2)
        self.wide = nn.ModuleList(
            nn.Conv1d(channels, channels, 5, padding=2 * d, dilation=d) for d in dilations
        )
        self.dropout = nn.Dropout(0.25)
        self.labels = nn.Linear(channels, len(ALPHABET) + 1)

    def forward(self, strokes: Tensor) -> Tensor:
        """Map strokes (B, T, 4) to logits of labels (B, U, N)."""
        B, T, _ = strokes.shape
        x = torch.relu(self.near(strokes.transpose(1, 2)))  # (B, C, T)
        x = torch.relu(self.halved(x))  # (B, C, U)
        for convolution in self.wide:
            x = x + torch.relu(convolution(self.dropout(x)))
        logits: Tensor = self.labels(self.dropout(x).transpose(1, 2))
        return logits


class Hand(nn.Module):
    """Convolutions over a line's strokes, their mean over the line: a style of D numbers."""

    def __init__(self, channels: int = 96) -> None:
        super().__init__()
        self.near = nn.Conv1d(4, channels, 7, padding=3)
        self.wide = nn.Conv1d(channels, channels, 5, stride=2, padding=2)
        self.wider = nn.Conv1d(channels, channels, 5, stride=2, padding=2)
        self.style = nn.Linear(channels, D)
        self.spread = nn.BatchNorm1d(D, affine=False)  # else all hands lie near a single one

    def forward(self, strokes: Tensor, there: Tensor) -> Tensor:
        """Map strokes (B, T, 4), and 1 where there are points (B, T), to styles (B, D)."""
        B, T, _ = strokes.shape
        x = torch.relu(self.near(strokes.transpose(1, 2)))  # (B, C, T)
        x = torch.relu(self.wide(x))
        x = torch.relu(self.wider(x))  # (B, C, T/4)
        seen = there[:, None, ::4]
        mean = (x * seen).sum(dim=2) / seen.sum(dim=2)
        style: Tensor = torch.tanh(self.spread(self.style(mean)))
        return style


class Pen(nn.Module):
    """One step of the pen: a window over the text between two LSTMs (Graves 2013, section 5)."""

    def __init__(self, low: int, high: int) -> None:
        super().__init__()
        self.first = nn.LSTMCell(4 + D + A, low)
        self.window = nn.Linear(low, 3 * K)
        self.second = nn.LSTMCell(4 + D + A + low, high)
        self.next = nn.Linear(low + high, 6 * M + 3)
        with torch.no_grad():
            self.window.bias[2 * K :] -= PACE

    def forward(
        self,
        point: Tensor,
        text: Tensor,
        style: Tensor,
        kappa: Tensor,
        seen: Tensor,
        h1: Tensor,
        c1: Tensor,
        h2: Tensor,
        c2: Tensor,
    ) -> tuple[Tensor, ...]:
        """Take a point (B, 4), the text (B, S, A), a style (B, D) and the state one step on.

        The state is the window's places kappa (B, K), what it saw (B, A), and both LSTMs' h and c
        (B, H). Returns the next point's mixture (B, 6M + 3), the window (B, S) and the state.
        """
        h1, c1 = self.first(torch.cat([point, style, seen], dim=1), (h1, c1))
        kappa, seen, window = self.look(h1, kappa, text)
        h2, c2 = self.second(torch.cat([point, style, seen, h1], dim=1), (h2, c2))
        mixture = self.next(torch.cat([h1, h2], dim=1))
        return mixture, window, kappa, seen, h1, c1, h2, c2

    def look(self, h1: Tensor, kappa: Tensor, text: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Move the window: phi(u) = sum_k alpha_k exp(-beta_k (kappa_k - u)^2) (equations 46-51).

        Returns the places kappa (B, K), the letters seen (B, A) and the window (B, S).
        """
        alpha, beta, forward = torch.split(torch.exp(self.window(h1)), K, dim=1)
        kappa = kappa + forward
        S = int(text.shape[1])  # a number, not a node of the graph
        u = torch.arange(S, device=text.device, dtype=text.dtype)
        away = kappa[:, :, None] - u
        window = torch.matmul(alpha[:, None], torch.exp(-beta[:, :, None] * away * away))
        return kappa, torch.matmul(window, text)[:, 0], window[:, 0]


class GatheredGradient(torch.autograd.Function):
    """Give recurrent weights their gradient in one product over all points, not one for each.

    z_t = ahead_t + W x_t has dL/dW = sum_t dL/dz_t x_t', and dL/dz_t is dL/d(ahead_t): so ahead
    passes through here unchanged, the loop multiplies by W as a constant, and leaves its x_t.
    """

    @staticmethod
    def forward(ctx: Any, ahead: Tensor, weights: Tensor, xs: list[Tensor]) -> Tensor:
        """Let ahead (B, T, 4H) through."""
        ctx.xs = xs
        return ahead.view_as(ahead)

    @staticmethod
    def backward(ctx: Any, dz: Tensor) -> tuple[Tensor, Tensor, None]:
        """Sum dz_t x_t' over lines and points."""
        x = torch.stack(ctx.xs, dim=1)
        return dz, dz.flatten(0, 1).t() @ x.flatten(0, 1), None


def gathered(ahead: Tensor, weights: Tensor, xs: list[Tensor]) -> Tensor:
    """Let `ahead` (B, T, 4H) through; `weights` get their gradient from the xs that are left."""
    passed: Tensor = GatheredGradient.apply(ahead, weights, xs)  # type: ignore[no-untyped-call]
    return passed


class Writer(nn.Module):
    """A hand that is told from one line, and the pen that writes another line in it."""

    def __init__(self, low: int = LOW, high: int = HIGH, writers: int = 512) -> None:
        super().__init__()
        self.hand = Hand()
        self.pen = Pen(low, high)
        self.whose = nn.Linear(D, writers)  # only while learning: a style has to tell its writer

    def forward(self, points: Tensor, text: Tensor, style: Tensor) -> tuple[Tensor, Tensor]:
        """Write all steps of lines whose points (B, T, 4) are known.

        Returns mixtures (B, T, 6M + 3) and windows (B, T, S). The same as Pen step by step, but
        what does not wait for the step before is done at once.
        """
        B, T, _ = points.shape
        still = style[:, None].expand(B, T, D)
        with torch.autocast(points.device.type, enabled=False):
            h1, seen, windows = self.lower(torch.cat([points, still], dim=2).float(), text)
        cell = self.pen.second
        zero = points.new_zeros(1, B, cell.hidden_size)
        weights = [cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh]
        x = torch.cat([points, still, seen, h1], dim=2)
        h2, _, _ = torch.lstm(x, (zero, zero), weights, True, 1, 0.0, self.training, False, True)
        return self.pen.next(torch.cat([h1, h2], dim=2)), windows

    def lower(self, given: Tensor, text: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Run the first LSTM with its window: h1 (B, T, H), letters seen, and windows (B, T, S)."""
        B, _, known = given.shape
        cell, kappa, seen = self.pen.first, given.new_zeros(B, K), text[:, 0]
        h, c = (given.new_zeros(B, cell.hidden_size) for _ in range(2))
        ahead = linear(given, cell.weight_ih[:, :known], cell.bias_ih + cell.bias_hh)
        weights = torch.cat([cell.weight_ih[:, known:], cell.weight_hh], dim=1)
        befores: list[Tensor] = []
        hs, seens, windows = [], [], []
        fixed = weights.detach()
        for gates in gathered(ahead, weights, befores).unbind(dim=1):
            before = torch.cat([seen, h], dim=1)
            befores.append(before.detach())  # no way back through here, so nothing is kept alive
            i, f, g, o = (gates + linear(before, fixed)).chunk(4, dim=1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            kappa, seen, window = self.pen.look(h, kappa, text)
            hs.append(h)
            seens.append(seen)
            windows.append(window)
        return torch.stack(hs, dim=1), torch.stack(seens, dim=1), torch.stack(windows, dim=1)


class Published(nn.Module):
    """A pen step of the published shape, to compare speeds with: 3 × 400 cells (Graves 2013)."""

    LETTERS, GAUSSIANS, CELLS = 80, 10, 400

    def __init__(self) -> None:
        super().__init__()
        given = 3 + self.LETTERS
        self.first = nn.LSTMCell(given, self.CELLS)
        self.window = nn.Linear(self.CELLS, 3 * self.GAUSSIANS)
        self.second = nn.LSTMCell(given + self.CELLS, self.CELLS)
        self.third = nn.LSTMCell(given + self.CELLS, self.CELLS)
        self.next = nn.Linear(3 * self.CELLS, 6 * 20 + 1)

    @classmethod
    def shapes(cls, B: int, S: int) -> dict[str, tuple[int, ...]]:
        """Name the inputs and their shapes."""
        state = {f"{kind}{n}": (B, cls.CELLS) for n in (1, 2, 3) for kind in "hc"}
        text = {"point": (B, 3), "text": (B, S, cls.LETTERS), "seen": (B, cls.LETTERS)}
        return {**text, "kappa": (B, cls.GAUSSIANS), **state}

    def forward(
        self, point: Tensor, text: Tensor, seen: Tensor, kappa: Tensor, *state: Tensor
    ) -> tuple[Tensor, ...]:
        """Take one step."""
        h1, c1, h2, c2, h3, c3 = state
        h1, c1 = self.first(torch.cat([point, seen], dim=1), (h1, c1))
        moved = torch.exp(self.window(h1))
        alpha, beta, forward = torch.split(moved, self.GAUSSIANS, dim=1)
        kappa = kappa + forward
        away = kappa[:, :, None] - torch.arange(text.shape[1], dtype=text.dtype)
        window = torch.matmul(alpha[:, None], torch.exp(-beta[:, :, None] * away * away))
        seen = torch.matmul(window, text)[:, 0]
        h2, c2 = self.second(torch.cat([point, seen, h1], dim=1), (h2, c2))
        h3, c3 = self.third(torch.cat([point, seen, h2], dim=1), (h3, c3))
        return self.next(torch.cat([h1, h2, h3], dim=1)), kappa, seen, h1, c1, h2, c2, h3, c3
