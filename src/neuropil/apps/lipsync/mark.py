"""That a film is synthetic, said on its pictures and in its file.

    marked = draw_mark(pixels)
    notes = describe_origin(film, speech, "0.2")    # what the container says, as C2PA would

A mark stands in the lower left corner of every frame.
"""

import hashlib
import json
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from neuropil.apps.lipsync.preprocess import Floats, Pixels
from neuropil.kit.audio.audio import Audio
from neuropil.kit.media.film import Film
from neuropil.kit.provenance import file_sha256

WORDS = "lips: synthetic"
HEIGHT = 0.045  # of the frame's: the letters
SMALLEST = 9  # pixels
OPACITY = 0.75


@lru_cache(maxsize=4)
def mark_of(width: int, height: int) -> Floats:
    """Draw the mark for frames of a size: opacity and brightness (h, w, 2), 0 to 1."""
    size = max(SMALLEST, round(HEIGHT * height))
    font = ImageFont.load_default(size)
    left, top, right, below = ImageDraw.Draw(Image.new("L", (1, 1))).textbbox(
        (0, 0), WORDS, font=font
    )
    pad = size // 3
    wide, high = int(right - left) + 2 * pad, int(below - top) + 2 * pad
    letters = Image.new("L", (wide, high))
    ImageDraw.Draw(letters).text((pad - left, pad - top), WORDS, fill=255, font=font)
    bright = np.asarray(letters, np.float32)[:height, :width] / 255
    return np.stack([np.full_like(bright, OPACITY), bright], axis=2)


def draw_mark(pixels: Pixels) -> Pixels:
    """Draw the mark on a frame (H, W, 3); a new array."""
    height, width, _ = pixels.shape
    mark = mark_of(width, height)
    h, w, _ = mark.shape
    made = pixels.copy()
    place = made[height - h :, :w]
    opacity, bright = mark[..., :1], mark[..., 1:]
    mixed = place * (1 - opacity) + 255 * bright * opacity
    made[height - h :, :w] = mixed.round().astype(np.uint8)
    return made


def describe_origin(film: Film, speech: Audio, version: str) -> dict[str, str]:
    """Say what the container tells: that lips are synthetic, by what, from which inputs.

    What the film's file said before stays; a comment of its own is kept inside of ours.
    """
    before = film.metadata
    sound = hashlib.sha256(np.ascontiguousarray(speech.samples).tobytes()).hexdigest()
    said = {
        "claim_generator": f"neuropil lipsync {version}",
        "actions": [{"action": "c2pa.edited", "digitalSourceType": "compositeSynthetic"}],
        "statement": "The lips in this film were moved by a program to fit the sound.",
        "ingredients": [
            {"title": film.path.name, "role": "face", "sha256": file_sha256(film.path)},
            {"role": "speech", "seconds": round(speech.seconds, 2), "sha256_of_samples": sound},
        ],
    }
    own = {"comment_before": before["comment"]} if "comment" in before else {}
    return {**before, "comment": json.dumps(said | own)}
