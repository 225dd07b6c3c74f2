"""Whether two libraries show one person, by what the lower faces look like.

    measure_unlikeness(own, voice.library)      # from 0; films of one man are up to 0.8 apart

Faces are laid upon one another by the points that stay still. Coarse light is taken away: what is
left are lips, folds, chin, beard. The color of the skin adds a little, too little to decide. It
tells a drawing from a man, and most faces from others; it does not recognize people.

M  mouths that are looked at     P  pixels of each
"""

import numpy as np
from PIL import Image

from neuropil.apps.lipsync.library import MouthLibrary
from neuropil.apps.lipsync.preprocess import shrink_and_warp
from neuropil.apps.lipsync.retrieval import square_distances
from neuropil.apps.lipsync.shapes import (
    STILL,
    MouthBasis,
    Numbers,
    eye_distances,
    fit_similarity,
)
from neuropil.kit.errors import UserError
from neuropil.kit.media.film import Film

SAME = 0.88  # of what two films are apart, up to which they can show one person
COLOR = 0.5  # times the difference of the skins, which is added,
MOST_COLOR = 0.3  # of which so much counts at most: lamps and cameras have colors, too
LOOKS = 40  # mouths of each library that are compared, evenly spread
SIDE = 32  # pixels of a picture, and
WIDE, TOP = 1.5, 0.25  # eye distances: how wide it is, and where it begins below the eyes
COARSE = 4.0  # pixels: deviation of the blur that is taken away
DARKEST, FAINTEST = 8.0, 0.02  # levels, and their logarithms, below which there is noise


def measure_unlikeness(one: MouthLibrary, other: MouthLibrary) -> float:
    """Measure how far the faces of one library are from the most similar ones of the other."""
    a, b = draw_looks(one), draw_looks(other)
    apart = square_distances(a, b) / a.shape[1]
    looks = max(float(np.median(apart.min(axis=axis))) for axis in (0, 1))
    return looks + COLOR * min(MOST_COLOR, float(np.linalg.norm(find_hue(one) - find_hue(other))))


def find_hue(library: MouthLibrary) -> Numbers:
    """Find the color of the skin, whatever the light is: (3,), logarithms of mean 0."""
    lights = library.lights.astype(np.float64)
    hue: Numbers = np.median(lights - lights.mean(axis=1, keepdims=True), axis=0)
    return hue


def require_likeness(film: Film, own: MouthLibrary, learned: MouthLibrary) -> None:
    """Raise UserError where the mouths that were learned are clearly not those of the film."""
    apart = measure_unlikeness(own, learned)
    if apart > SAME:
        words = (
            f"--voice: what was learned shows another face than {film.path}; learn this person by"
            " neuropil lipsync-learn, or leave --voice out"
        )
        raise UserError("input.content", words, path=film.path, value=apart)


def draw_looks(library: MouthLibrary) -> Numbers:
    """Draw some lower faces without coarse light: (M, P), each of mean 0 and about deviation 1."""
    spread = np.linspace(0, len(library) - 1, min(LOOKS, len(library))).round().astype(int)
    fine = [take_fine(np.log(draw_level(library, n) + DARKEST)).ravel() for n in spread.tolist()]
    looks = np.stack(fine)
    looks -= looks.mean(axis=1, keepdims=True)
    made: Numbers = looks / np.maximum(looks.std(axis=1, keepdims=True), FAINTEST)
    return made


def draw_level(library: MouthLibrary, number: int) -> Numbers:
    """Draw a lower face small, grey and upright: (SIDE, SIDE)."""
    reference, still = MouthBasis.load().reference, list(STILL)
    points = library.points[number].astype(np.float64)
    scale = SIDE / (WIDE * float(eye_distances(reference[None])[0]))
    matrix = scale * fit_similarity(points[None, still], reference[None, still])[0]
    matrix[:, 2] -= scale * reference[36:48].mean(axis=0) - np.array([0.5, -TOP / WIDE]) * SIDE
    picture = Image.fromarray(library.decode(number)).convert("L")
    return np.asarray(shrink_and_warp(picture, matrix, (SIDE, SIDE)), np.float64)


def take_fine(picture: Numbers) -> Numbers:
    """Take the coarse light out of a picture (SIDE, SIDE), its edges going on as they are."""
    half = int(2 * COARSE)
    kernel = np.exp(-(np.arange(-half, half + 1) ** 2) / (2 * COARSE**2))
    places = np.arange(SIDE)[:, None] + np.arange(-half, half + 1)
    blur = np.zeros((SIDE, SIDE))
    np.add.at(blur, (np.arange(SIDE)[:, None], places.clip(0, SIDE - 1)), kernel / kernel.sum())
    return picture - blur @ picture @ blur.T
