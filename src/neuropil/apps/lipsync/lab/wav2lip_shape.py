"""A network of the shape that Wav2Lip is published with, random: how long it takes, nothing else.

    seconds = time_frames(threads=2)    # of a frame, 16 at a time, as its program takes them

Layers as in Prajwal et al. 2020, "A Lip Sync Expert Is All You Need"; 36 million weights. Frames
are crops of 96 x 96 pixels, its finder of faces and what sets crops into pictures not counted.

B  frames     H, W  pixels
"""

import time
from collections.abc import Sequence
from typing import Any

BATCH = 16
SIDE, BANDS, COLUMNS = 96, 80, 16  # pixels of a crop; of the spectrogram beside it
ROUNDS = 3
Stride = int | tuple[int, int]


def time_frames(threads: int) -> float:
    """Time a frame, in seconds."""
    import torch

    faces, sound, decoder = build()
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    seconds = []
    with torch.inference_mode():
        crops, heard = torch.rand(BATCH, 6, SIDE, SIDE), torch.rand(BATCH, 1, BANDS, COLUMNS)
        for _ in range(ROUNDS):
            started = time.perf_counter()
            run(faces, sound, decoder, crops, heard)
            seconds.append(time.perf_counter() - started)
    torch.set_num_threads(before)
    return min(seconds) / BATCH


def run(faces: Any, sound: Any, decoder: Any, crops: Any, heard: Any) -> Any:
    """Map crops (B, 6, 96, 96) and what is heard (B, 1, 80, 16) to crops (B, 3, 96, 96)."""
    import torch

    seen = []
    for block in faces:
        crops = block(crops)
        seen.append(crops)
    x = sound(heard)
    for block in decoder[:-1]:
        x = torch.cat([block(x), seen.pop()], dim=1)
    return decoder[-1](x)


def build() -> tuple[Any, Any, Any]:
    """Build the encoder of faces, that of sound, and the decoder; weights as torch draws them."""
    from torch import nn

    faces = nn.ModuleList(
        [
            nn.Sequential(convolve(6, 16, 7, 1, 3)),
            stage(16, 32, 2),
            stage(32, 64, 3),
            stage(64, 128, 2),
            stage(128, 256, 2),
            stage(256, 512, 1),
            nn.Sequential(convolve(512, 512, 3, 1, 0), convolve(512, 512, 1, 1, 0)),
        ]
    )
    sound = nn.Sequential(
        *(convolve(1, 32), again(32), again(32)),
        *stage(32, 64, 2, (3, 1)),
        *stage(64, 128, 2, 3),
        *stage(128, 256, 1, (3, 2)),
        *(convolve(256, 512, 3, 1, 0), convolve(512, 512, 1, 1, 0)),
    )
    decoder = nn.ModuleList([nn.Sequential(convolve(512, 512, 1, 1, 0))])
    decoder.append(nn.Sequential(enlarge(1024, 512, 1), again(512)))
    for given, wide in ((1024, 512), (768, 384), (512, 256), (320, 128), (160, 64)):
        decoder.append(nn.Sequential(enlarge(given, wide, 2), again(wide), again(wide)))
    decoder.append(nn.Sequential(convolve(80, 32), nn.Conv2d(32, 3, 1), nn.Sigmoid()))
    return faces.eval(), sound.eval(), decoder.eval()


def stage(given: int, wide: int, repeats: int, stride: Stride = 2) -> Any:
    """Make the picture smaller, and look at it again."""
    from torch import nn

    first: Sequence[Any] = [convolve(given, wide, 3, stride, 1)]
    return nn.Sequential(*first, *(again(wide) for _ in range(repeats)))


def convolve(given: int, wide: int, size: int = 3, stride: Stride = 1, pad: int = 1) -> Any:
    """Convolve, normalize, and cut off what is below 0."""
    from torch import nn

    return nn.Sequential(nn.Conv2d(given, wide, size, stride, pad), nn.BatchNorm2d(wide), nn.ReLU())


def again(wide: int) -> Any:
    """Add to what came in a convolution of it: a residual block."""
    from torch import nn

    class Again(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.Sequential(nn.Conv2d(wide, wide, 3, 1, 1), nn.BatchNorm2d(wide))

        def forward(self, x: Any) -> Any:
            return (x + self.layers(x)).relu()

    return Again()


def enlarge(given: int, wide: int, stride: int) -> Any:
    """Make the picture larger."""
    from torch import nn

    pad = 1 if stride == 2 else 0
    layer = nn.ConvTranspose2d(given, wide, 3, stride, pad, output_padding=pad)
    return nn.Sequential(layer, nn.BatchNorm2d(wide), nn.ReLU())
