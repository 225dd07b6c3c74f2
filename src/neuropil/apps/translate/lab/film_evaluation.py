"""Films: how fast they are translated, and how still what is set lies on a sign that shakes.

The film is made of a picture, seen by a hand that shakes: a homography for each frame, whose truth
is known.
"""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from neuropil.apps.translate.app import Translate
from neuropil.apps.translate.geometry import Quad, project
from neuropil.apps.translate.lab.scenes import Scene
from neuropil.apps.translate.lines import Pixels, perspective
from neuropil.apps.translate.page import TRUSTED
from neuropil.apps.translate.tracking import Tracker
from neuropil.kit.media.frame import Frame
from neuropil.kit.report import Metrics, Table

WIDTH, HEIGHT = 640, 480
FRAMES, FPS = 75, 25
SHAKE = 6.0  # pixels that a corner is off, one standard deviation
SMOOTH = 0.85  # share of the last frame's offset that the next one keeps
NOISE = 2.0  # levels of a camera's noise


def evaluate_film(app: Translate, scene: Scene) -> tuple[Table, Metrics]:
    """Translate a film of a picture that shakes."""
    still = fit(scene.pixels)
    matrices = shake(np.random.default_rng(0))
    frames = [*film_of(still, matrices)]
    start = time.perf_counter()
    deque(app.frames(iter(frames), "en", None, TRUSTED), maxlen=0)
    rate = len(frames) / (time.perf_counter() - start)
    jitter = measure_jitter(frames, matrices, app.find(frames[0].pixels))
    figures: Metrics = {"film_fps_640x480": rate, "jitter_px": jitter}
    rows = (
        (f"frames a second, {len(frames)} of {WIDTH} × {HEIGHT}", rate),
        ("jitter of what is set, pixels", jitter),
    )
    return Table("A film of a sign in a hand that shakes", ("", ""), rows), figures


def fit(pixels: Pixels) -> Pixels:
    """Bring a picture to the size of the film, what is too much cut off."""
    h, w, _ = pixels.shape
    scale = max(WIDTH / w, HEIGHT / h)
    size = max(WIDTH, round(w * scale)), max(HEIGHT, round(h * scale))
    image = Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return np.asarray(image.crop((0, 0, WIDTH, HEIGHT)))


def shake(rng: np.random.Generator) -> list[NDArray[np.float64]]:
    """Draw the homography of each frame, from the picture's pixels to the frame's."""
    corners = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float64)
    off, found = np.zeros((4, 2)), []
    for _ in range(FRAMES):
        hand = rng.normal(0, SHAKE, (1, 2)) + rng.normal(0, SHAKE / 4, (4, 2))
        off = SMOOTH * off + np.sqrt(1 - SMOOTH**2) * hand
        found.append(np.array([*perspective(corners, corners + off), 1]).reshape(3, 3))
    return found


def film_of(still: Pixels, matrices: Sequence[NDArray[np.float64]]) -> Iterator[Frame]:
    """Show a picture as each homography moves it, with noise."""
    image, rng = Image.fromarray(still), np.random.default_rng(1)
    for n, matrix in enumerate(matrices):
        back = np.linalg.inv(matrix)
        numbers = (back / back[2, 2]).ravel()[:8].tolist()
        method, smooth = Image.Transform.PERSPECTIVE, Image.Resampling.BICUBIC
        moved = np.asarray(image.transform((WIDTH, HEIGHT), method, numbers, smooth), np.float32)
        noisy = moved + rng.normal(0, NOISE, moved.shape)
        yield Frame(noisy.clip(0, 255).astype(np.uint8), Fraction(n, FPS))


def measure_jitter(
    frames: Sequence[Frame], matrices: Sequence[NDArray[np.float64]], quads: Sequence[Quad]
) -> float:
    """Measure how much the corners of quads are off from one frame to the next, in pixels (RMS).

    What is off by the same in all frames is none; a frame that is not followed is left out.
    """
    tracker = Tracker(frames[0].pixels, quads)
    corners = np.concatenate(list(quads))
    start = np.linalg.inv(matrices[0])
    errors = []
    for frame, matrix in zip(frames[1:], matrices[1:], strict=True):
        motion = tracker.follow(frame.pixels)
        if motion:
            there = project(matrix @ start, corners + 0.5) - 0.5  # homographies are of edges
            errors.append(np.asarray(motion.move(corners)) - there)
    steps = np.diff(np.array(errors), axis=0)
    return float(np.sqrt((steps**2).sum(axis=2).mean()))
