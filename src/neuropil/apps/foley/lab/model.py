"""Three networks: one hears what a recording is of, one sees scenes, one finds onsets.

B  recordings, scenes or films in a batch    T  columns or frames    F  bands of sound
C  channels    H, W  cells of a frame    N  classes    D  numbers of an embedding
"""

import torch
from torch import Tensor, nn

from neuropil.apps.foley.scene import CELLS, FEATURES
from neuropil.apps.foley.tagger import EMBEDDING
from neuropil.training.blocks import ConvNorm, Residual

TAGGER_WIDTHS = (16, 32, 64, 128)


class TaggerNet(nn.Module):
    """Log-mel spectrograms (B, 1, T, F) to an embedding (B, D) and logits (B, N)."""

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        a, b, c, d = TAGGER_WIDTHS
        self.near = ConvNorm(1, a, stride=2)
        self.wide = nn.Sequential(ConvNorm(a, b, stride=2), Residual(b))
        self.wider = nn.Sequential(ConvNorm(b, c, stride=2), Residual(c))
        self.widest = nn.Sequential(ConvNorm(c, d, stride=2), Residual(d))
        self.dropout = nn.Dropout(0.3)
        self.embed = nn.Linear(2 * d, EMBEDDING)
        self.choose = nn.Linear(EMBEDDING, n_classes)

    def forward(self, spectrogram: Tensor) -> tuple[Tensor, Tensor]:
        """Take the mean and the largest of each channel over the recording, then choose."""
        x = self.widest(self.wider(self.wide(self.near(spectrogram))))
        x = x.mean(dim=3)  # over bands: (B, C, T/16)
        pooled = torch.cat([x.mean(dim=2), x.amax(dim=2)], dim=1)
        embedding = torch.relu(self.embed(self.dropout(pooled)))
        return embedding, self.choose(self.dropout(embedding))


class SceneNet(nn.Module):
    """What the eye sees at each look, (T, B, D), to logits of scenes (T, B, N).

    An LSTM carries from look to look what was seen before; a way around it keeps the look itself.
    """

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.dropout = nn.Dropout(0.4)
        self.reduce = nn.Linear(FEATURES, CELLS)
        self.lstm = nn.LSTM(CELLS, CELLS)
        self.choose = nn.Linear(2 * CELLS, n_classes)

    def forward(self, features: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Take looks one after the other, from a state (1, B, C) to logits and the next state."""
        x = torch.relu(self.reduce(self.dropout(features)))
        memory, (h, c) = self.lstm(x, (h, c))
        logits = self.choose(self.dropout(torch.cat([x, memory], dim=2)))
        return logits, h, c
