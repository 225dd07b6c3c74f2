"""Three networks: one hears what a recording is of, one sees scenes, one finds onsets.

B  recordings, scenes or films in a batch    T  columns or frames    F  bands of sound
C  channels    H, W  cells of a frame    N  classes    D  numbers of an embedding
"""

import torch
from torch import Tensor, nn

from neuropil.apps.foley.motion import CHANNELS
from neuropil.apps.foley.onsets import CELLS as ONSET_CELLS
from neuropil.apps.foley.onsets import FORMS
from neuropil.apps.foley.scene import CELLS, FEATURES
from neuropil.apps.foley.tagger import EMBEDDING
from neuropil.training.blocks import ConvNorm, Residual

TAGGER_WIDTHS = (16, 32, 64, 128)
ONSET_WIDTHS = (32, 48, 64)


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


class OnsetNet(nn.Module):
    """Maps of motion of each frame and its neighbors, (T, B, C, H, W), to what is heard: (T, B, N).

    N: onset, strength, and the forms of motion. Convolutions look at places, the largest and the
    mean of each channel go into an LSTM over time.
    """

    def __init__(self) -> None:
        super().__init__()
        a, b, c = ONSET_WIDTHS
        self.see = nn.Sequential(
            ConvNorm(CHANNELS, a), ConvNorm(a, b, stride=2), Residual(b), ConvNorm(b, c, stride=2)
        )
        self.lstm = nn.LSTM(2 * c, ONSET_CELLS)
        self.say = nn.Linear(ONSET_CELLS, 2 + len(FORMS))

    def forward(self, motion: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Go along the frames of one film, (T, C, H, W), from a state (1, 1, D) to the next."""
        x = self.see(motion)
        pooled = torch.cat([x.mean(dim=(2, 3)), x.amax(dim=(2, 3))], dim=1)
        memory, (h, c) = self.lstm(pooled[:, None], (h, c))
        return self.say(memory), h, c

    def along(self, motion: Tensor) -> Tensor:
        """Go along several films at once, (T, B, C, H, W), each from the beginning."""
        T, B = motion.shape[:2]
        x = self.see(motion.flatten(0, 1))
        pooled = torch.cat([x.mean(dim=(2, 3)), x.amax(dim=(2, 3))], dim=1)
        memory, _ = self.lstm(pooled.view(T, B, -1))
        outputs: Tensor = self.say(memory)
        return outputs
