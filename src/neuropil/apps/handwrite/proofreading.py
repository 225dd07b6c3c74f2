"""A line read back: what a reader reads, and how much it doubts each word that should stand there.

    read, doubts = proofread(reader, penned, "Dear Ada,")       "Dear Ada,", [0.003, 0.012]

A doubt is what of the log probability of the text is lost in a word, in nats.
"""

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.alphabet import encode_text
from neuropil.apps.handwrite.ctc import greedy_decode, losses
from neuropil.apps.handwrite.generation import WrittenLine
from neuropil.apps.handwrite.strokes import (
    Line,
    normalize,
    resample,
    stroke_features,
    to_features,
)
from neuropil.kit.networks.network import OnnxNetwork


def proofread(
    reader: OnnxNetwork, penned: WrittenLine, text: str
) -> tuple[str, NDArray[np.float64]]:
    """Read a line, and tell for each word of its text how much it is doubted, in nats."""
    points = resample(normalize(np.column_stack([penned.line, penned.letter])))
    logits = reader.run(strokes=stroke_features(points)[None])["logits"][0]
    seen = np.arange(len(logits)) * len(points) // len(logits)  # by each place of the reader
    letter = points[seen, 3].astype(int).clip(0, len(text) - 1)
    words = np.cumsum([character == " " for character in text])[letter]
    doubts = np.zeros(text.count(" ") + 1)
    np.add.at(doubts, words, losses(logits, encode_text(text)))
    return greedy_decode(logits), doubts


def read_line(reader: OnnxNetwork, line: Line) -> str:
    """Read a line (P, 3) in any unit."""
    return greedy_decode(reader.run(strokes=to_features(line)[None])["logits"][0])
