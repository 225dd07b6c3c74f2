"""Two networks that read pen strokes, one that tells a hand from them, one that writes.

B  lines      T  points      U = T/2  places      C  channels      H  hidden units
N  points of all lines, packed (`unrolled.py`); of a reader: labels
S  characters of the text      A  letters (one-hot)      K  Gaussians of the window
D  numbers of a style      M  Gaussians of the next pen step
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import linear
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from neuropil.apps.handwrite.alphabet import ALPHABET
from neuropil.apps.handwrite.lab import unrolled
from neuropil.apps.handwrite.lab.unrolled import Packed

A, K, D, M = len(ALPHABET) + 1, 8, 48, 12
LOW, HIGH = 256, 320  # hidden units of the writer's two LSTMs
INITIAL_ADVANCE = (
    2.3  # exp(-PACE): letters per point, about one in ten, that the window starts with
)


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


class EvaluationReader(nn.Module):
    """Another reader: wide convolutions that each add to what is known, and one LSTM both ways."""

    def __init__(
        self, channels: int = 192, hidden: int = 160, dilations: Sequence[int] = (1, 2, 4, 8)
    ) -> None:
        super().__init__()
        self.near = nn.Conv1d(4, channels, 7, padding=3)
        self.halved = nn.Conv1d(channels, channels, 5, stride=2, padding=2)
        self.wide = nn.ModuleList(
            nn.Conv1d(channels, channels, 5, padding=2 * d, dilation=d) for d in dilations
        )
        self.lstm = nn.LSTM(channels, hidden, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(0.25)
        self.labels = nn.Linear(2 * hidden, len(ALPHABET) + 1)

    def forward(self, strokes: Tensor) -> Tensor:
        """Map strokes (B, T, 4) to logits of labels (B, U, N)."""
        B, T, _ = strokes.shape
        x = torch.relu(self.near(strokes.transpose(1, 2)))  # (B, C, T)
        x = torch.relu(self.halved(x))  # (B, C, U)
        for convolution in self.wide:
            x = x + torch.relu(convolution(self.dropout(x)))
        x, _ = self.lstm(self.dropout(x).transpose(1, 2))  # (B, U, 2H)
        logits: Tensor = self.labels(self.dropout(x))
        return logits


class StyleEncoder(nn.Module):
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


class PenStep(nn.Module):
    """One step of the pen: a window over the text between two LSTMs (Graves 2013, section 5)."""

    def __init__(self, low: int, high: int) -> None:
        super().__init__()
        self.first = nn.LSTMCell(4 + D + A, low)
        self.window = nn.Linear(low, 3 * K)
        self.second = nn.LSTMCell(4 + D + A + low, high)
        self.next = nn.Linear(low + high, 6 * M + 3)
        with torch.no_grad():
            self.window.bias[2 * K :] -= INITIAL_ADVANCE

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
        kappa, seen, window = self.attend(h1, kappa, text)
        h2, c2 = self.second(torch.cat([point, style, seen, h1], dim=1), (h2, c2))
        mixture = self.next(torch.cat([h1, h2], dim=1))
        return mixture, window, kappa, seen, h1, c1, h2, c2

    def attend(self, h1: Tensor, kappa: Tensor, text: Tensor) -> tuple[Tensor, Tensor, Tensor]:
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


class HandwritingModel(nn.Module):
    """A hand that is told from one line, and the pen that writes another line in it."""

    def __init__(self, low: int = LOW, high: int = HIGH, writers: int = 512) -> None:
        super().__init__()
        self.hand = StyleEncoder()
        self.pen = PenStep(low, high)
        self.whose = nn.Linear(D, writers)  # only while learning: a style has to tell its writer

    def forward(
        self, points: Tensor, text: Tensor, style: Tensor, lengths: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Write all steps of lines whose points (B, T, 4) are known; text (B, S, A) is one-hot.

        Returns mixtures (B, T, 6M + 3) and windows (B, T, S), 0 behind a line of fewer points than
        T, as `lengths` (B,) tells. The same as Pen step by step, but faster. While learning,
        products are in bfloat16 where the hardware does these itself.
        """
        B, T, _ = points.shape
        quick = unrolled.quick(points) if self.training else points.dtype
        lengths = torch.full((B,), T) if lengths is None else lengths.cpu()
        with torch.autocast(points.device.type, enabled=False):
            rows = pack_padded_sequence(points, lengths, batch_first=True, enforce_sorted=False)
            assert rows.sorted_indices is not None
            text, style = text[rows.sorted_indices], style[rows.sorted_indices].to(points.dtype)
            packed = Packed(rows.batch_sizes.tolist())
            h1, seen, windows = self.run_first_lstm(rows.data, text, style, packed, quick)
            h2 = self.upper((rows.data, seen, h1), style, packed, quick)
            W, low = self.pen.next.weight, h1.shape[1]
            mixtures = linear(h1, W[:, :low], self.pen.next.bias) + linear(h2, W[:, low:])
            made = [
                pad_packed_sequence(rows._replace(data=data), batch_first=True, total_length=T)[0]
                for data in (mixtures, windows)
            ]
        return made[0], made[1]

    def run_first_lstm(
        self, points: Tensor, text: Tensor, style: Tensor, packed: Packed, quick: torch.dtype
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Run the first LSTM with its window: h1 (N, H), letters seen, and windows (N, S)."""
        still, W_ih, W_hh = apart(self.pen.first, style)
        V, b = self.pen.window.weight, self.pen.window.bias
        W = torch.cat([W_ih, W_hh], dim=1)
        run: tuple[Tensor, Tensor, Tensor] = unrolled.Lower.apply(  # type: ignore[no-untyped-call]
            still, points, W, V, b, text.argmax(dim=2), packed, quick
        )
        return run

    def upper(
        self, given: Sequence[Tensor], style: Tensor, packed: Packed, quick: torch.dtype
    ) -> Tensor:
        """Run the second LSTM over points, letters seen and h1, each (N, ..): h2 (N, H)."""
        still, W_ih, W_hh = apart(self.pen.second, style)
        h: Tensor = unrolled.Upper.apply(  # type: ignore[no-untyped-call]
            still, W_ih, W_hh, packed, quick, *given
        )
        return h


def apart(cell: nn.LSTMCell, style: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Tell what a cell is given at all points alike, (B, 4H), from its weights for the rest.

    A cell is given (point, style, rest): returns W_style style + b, W_(point, rest) and W_hh, with
    the rows of g doubled.
    """
    W = unrolled.double_gate_rows(cell.weight_ih)
    b = unrolled.double_gate_rows(cell.bias_ih + cell.bias_hh)
    still = linear(style, W[:, 4 : 4 + D], b)
    return (
        still,
        torch.cat([W[:, :4], W[:, 4 + D :]], dim=1),
        unrolled.double_gate_rows(cell.weight_hh),
    )


class GravesBaseline(nn.Module):
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
