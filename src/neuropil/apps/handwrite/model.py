"""The reader: from pen strokes to what they say.

B  lines      T  points      U = T/2  places      C  channels      H  hidden units      N  labels
"""

import torch
from torch import Tensor, nn

from neuropil.apps.handwrite.data import ALPHABET


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
