"""How good the colors are: on photographs whose truth is known, and on small films made of them.

Every method gets the same grey photographs; hints lie at uniformly random places that are drawn,
with a fixed seed, before anything is colored, and tell the mean color of 3 x 3 pixels of the truth.

    n  photographs      H, W  pixels      T  frames
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.colorize.app import Colorize, preprocess
from neuropil.apps.colorize.cielab import Floats, encode_srgb, lab_f_of_y, lab_from_rgb, to_gamut
from neuropil.apps.colorize.hints import WIDE, Hint, bilateral_spread
from neuropil.apps.colorize.lab.metrics import (
    Bytes,
    ColorMetrics,
    color_metrics,
    histogram_distance,
    psnr,
)
from neuropil.apps.colorize.render import apply_color, upsample_to_guide
from neuropil.kit.media.frame import Frame
from neuropil.kit.media.image import Image
from neuropil.kit.progress import track
from neuropil.kit.report import Table

STRENGTHS = (0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8)  # the dial from pale to vivid
N_HINTS = (1, 5, 10)
DEFAULT = "network"
EVERY_NTH = 8  # of so many photographs one is used where a measurement is slow
MEAN_AB = (2.1, 7.6)  # of the photographs held out of training
ON_HINTS = {
    "asked_5_hints_db": "5 hints where colorize-explore says, dB over none",
    "random_5_hints_db": "5 hints at random places, dB over none",
    "best_of_8_db": "best of 8 alternatives, dB over the default",
    "alternatives_apart_ab": "distance between alternatives, ab units",
    "hint_inside_ab": "change by one strong hint inside its object, ab units",
    "hint_outside_ab": "change by it outside of the object, ab units",
    "hint_outside_share": "the same as a share of the change inside",
}

Figures = dict[str, float]
Mask = NDArray[np.bool_]  # (H, W)
Scores = dict[str, list[ColorMetrics]]


@dataclass(frozen=True)
class EvaluationCase:
    """One photograph: what is given and what is true."""

    truth: Bytes
    grey: Image
    hints: tuple[Hint, ...]


def evaluation_cases(photos: Sequence[Bytes]) -> Iterator[EvaluationCase]:
    """Prepare photographs, their hints drawn beforehand."""
    for i, truth in enumerate(photos):
        yield EvaluationCase(
            truth, Image(to_grayscale(truth)), random_hints(truth, max(N_HINTS), i)
        )


def to_grayscale(truth: Bytes) -> Bytes:
    """Take the color out and leave the lightness."""
    fy = lab_f_of_y(truth)
    made: Bytes = encode_srgb(to_gamut(fy, np.zeros((*fy.shape, 2), np.float32)), truth.dtype)
    return made


def random_hints(truth: Bytes, n: int, seed: int) -> tuple[Hint, ...]:
    """Tell the truth at n uniformly random places."""
    rng = np.random.default_rng((2026, seed))
    H, W, _ = truth.shape
    return tuple(
        hint_from_truth(truth, int(rng.integers(1, W - 1)), int(rng.integers(1, H - 1)))
        for _ in range(n)
    )


def hint_from_truth(truth: Bytes, x: int, y: int) -> Hint:
    """Tell the mean color of the 3 x 3 pixels around a place."""
    H, W, _ = truth.shape
    near = truth[max(0, y - 1) : min(H, y + 2), max(0, x - 1) : min(W, x + 2)].reshape(-1, 3)
    red, green, blue = (round(float(v)) for v in near.mean(axis=0))
    return Hint(x, y, (red, green, blue))


# Photographs --------------------------------------------------------------------------------------


def evaluate_photos(app: Colorize, photos: Sequence[Bytes]) -> tuple[list[Table], Figures]:
    """Compare the network, at every strength and with hints, with its baselines."""
    scores: Scores = {}
    truths: list[ColorMetrics] = []
    for case in track(evaluation_cases(photos), total=len(photos), title="photographs"):
        truths.append(color_metrics(case.truth, case.truth))
        for method, made in colorize_by_methods(app, case):
            scores.setdefault(method, []).append(color_metrics(made, case.truth))
    rows = [method_row(method, made, scores["grey"], truths) for method, made in scores.items()]
    columns = (
        "method",
        "PSNR dB",
        "over grey",
        "± s.e.",
        "CIEDE2000",
        "colorful %",
        "saturated %",
        "apart %",
    )
    table = Table(
        f"Quality on {len(photos)} photographs",
        columns,
        (*rows, method_row("truth", truths, scores["grey"], truths)),
    )
    return [table], headline_metrics(scores, truths)


def colorize_by_methods(app: Colorize, case: EvaluationCase) -> Iterator[tuple[str, Bytes]]:
    """Color one photograph by every method."""
    photo = case.grey
    yield "grey", to_grayscale(case.truth)
    view = preprocess(photo.pixels, ())
    flat = np.broadcast_to(np.array(MEAN_AB, np.float32), (*view.cell_lightness.shape, 2))
    yield "mean color", paint_colors(app, photo, view.cell_lightness, flat)
    for strength in STRENGTHS:
        name = DEFAULT if strength == 1 else f"{DEFAULT}, strength {strength:g}"
        yield name, colorize_pixels(app, photo, strength=strength)
    for n in N_HINTS:
        told = preprocess(photo.pixels, case.hints[:n]).hints
        yield (
            f"spreading {n} hints",
            paint_colors(
                app,
                photo,
                view.cell_lightness,
                bilateral_spread(*told, view.cell_lightness, *WIDE)[0],
            ),
        )
        yield f"{DEFAULT}, {n} hints", colorize_pixels(app, photo, case.hints[:n])


def paint_colors(app: Colorize, photo: Image, cells: Floats, ab: Floats) -> Bytes:
    """Paint given colors (h, w, 2) as the application does, without a network."""
    made = apply_color(photo.pixels, upsample_to_guide(ab, cells, photo.pixels), 1.0, app.n_threads)
    return np.asarray(made, np.uint8)


def colorize_pixels(
    app: Colorize, photo: Image, hints: tuple[Hint, ...] = (), strength: float = 1.0
) -> Bytes:
    """Color a photograph by the application."""
    return np.asarray(app(photo, hints=hints, strength=strength).pixels, np.uint8)


def method_row(
    method: str, made: list[ColorMetrics], grey: list[ColorMetrics], truths: list[ColorMetrics]
) -> tuple[object, ...]:
    """Sum a method up."""
    gain, error = gain_over(made, grey)
    capped = method == "truth"
    return (
        method,
        "" if capped else f"{np.mean([m.psnr for m in made]):.2f}",
        "" if capped else f"{gain:.2f}",
        "" if capped else f"{error:.2f}",
        f"{mean(made, 'ciede2000'):.2f}",
        f"{100 * ratio_of_means(made, truths, 'colorfulness'):.0f}",
        f"{100 * mean(made, 'saturated'):.1f}",
        f"{100 * histogram_distance(histogram(made), histogram(truths)):.0f}",
    )


def gain_over(made: list[ColorMetrics], grey: list[ColorMetrics]) -> tuple[float, float]:
    """Average the PSNR over grey, dB, with the standard error of that mean over photographs."""
    gains = np.array([m.psnr - g.psnr for m, g in zip(made, grey, strict=True)])
    return float(gains.mean()), float(gains.std() / len(gains) ** 0.5)


def mean(scores: list[ColorMetrics], name: str) -> float:
    """Average one measure over photographs."""
    return float(np.mean([getattr(s, name) for s in scores]))


def ratio_of_means(made: list[ColorMetrics], truths: list[ColorMetrics], name: str) -> float:
    """Divide the mean of a measure by that of the truth."""
    return mean(made, name) / mean(truths, name)


def histogram(scores: list[ColorMetrics]) -> Floats:
    """Average the chroma histograms of all photographs."""
    averaged: Floats = np.mean([s.histogram for s in scores], axis=0)
    return averaged


def headline_metrics(scores: Scores, truths: list[ColorMetrics]) -> Figures:
    """Pick the figures that are quoted."""

    def gain(method: str) -> float:
        return gain_over(scores[method], scores["grey"])[0]

    dial = [DEFAULT if s == 1 else f"{DEFAULT}, strength {s:g}" for s in STRENGTHS]
    gains = [gain(method) for method in dial]
    colorful = [ratio_of_means(scores[method], truths, "colorfulness") for method in dial]
    ten = gain(f"{DEFAULT}, 10 hints")
    return {
        "n_photos": len(truths),
        "psnr_gain_db": gain(DEFAULT),
        "psnr_gain_error_db": gain_over(scores[DEFAULT], scores["grey"])[1],
        "psnr_gain_best_db": max(gains),
        "psnr_gain_at_60_db": float(np.interp(0.6, colorful, gains)),
        "psnr_gain_at_75_db": float(np.interp(0.75, colorful, gains)),
        "psnr_gain_mean_color_db": gain("mean color"),
        "psnr_gain_1_hint_db": gain(f"{DEFAULT}, 1 hints"),
        "psnr_gain_5_hints_db": gain(f"{DEFAULT}, 5 hints"),
        "psnr_gain_10_hints_db": ten,
        "hints_over_spreading_db": ten - gain("spreading 10 hints"),
        "ciede2000": mean(scores[DEFAULT], "ciede2000"),
        "ciede2000_grey": mean(scores["grey"], "ciede2000"),
        "colorfulness_share": ratio_of_means(scores[DEFAULT], truths, "colorfulness"),
        "saturated_share": ratio_of_means(scores[DEFAULT], truths, "saturated"),
        "histogram_distance": histogram_distance(histogram(scores[DEFAULT]), histogram(truths)),
        "histogram_distance_grey": histogram_distance(histogram(scores["grey"]), histogram(truths)),
    }


# Hints, alternatives ------------------------------------------------------------------------------


def evaluate_hints(app: Colorize, photos: Sequence[Bytes]) -> tuple[Table, Figures]:
    """Measure asked places against random ones, how far a hint reaches, how alternatives differ."""
    few = list(photos[::EVERY_NTH])
    found: dict[str, list[float]] = {}
    for i, case in enumerate(track(evaluation_cases(few), total=len(few), title="hints")):
        grey_db = psnr(to_grayscale(case.truth), case.truth)
        default = psnr(colorize_pixels(app, case.grey), case.truth) - grey_db
        asked = tuple(
            hint_from_truth(case.truth, x, y) for x, y in suggested_places(app, case.grey, 5)
        )
        for name, hints in (("asked", asked), ("random", case.hints[:5])):
            gain = psnr(colorize_pixels(app, case.grey, hints), case.truth) - grey_db - default
            found.setdefault(f"{name}_5_hints_db", []).append(gain)
        best, apart = evaluate_alternatives(app, case, i)
        inside, outside = hint_spread(app, case.truth, few[(i + 1) % len(few)], i)
        found.setdefault("best_of_8_db", []).append(best - grey_db - default)
        found.setdefault("alternatives_apart_ab", []).append(apart)
        found.setdefault("hint_inside_ab", []).append(inside)
        found.setdefault("hint_outside_ab", []).append(outside)
    means = {name: float(np.mean(values)) for name, values in found.items()}
    means["hint_outside_share"] = means["hint_outside_ab"] / means["hint_inside_ab"]
    rows = tuple((words, means[name]) for name, words in ON_HINTS.items())
    return Table(
        f"Hints and alternatives on {len(few)} photographs", ("what", "value"), rows
    ), means


def evaluate_alternatives(app: Colorize, case: EvaluationCase, seed: int) -> tuple[float, float]:
    """Make 8 alternatives: PSNR of the best, and their mean distance from one another in ab."""
    coloring = app.explore(case.grey, alternatives=8, seed=seed)
    made = [np.asarray(image.pixels, np.uint8) for image in coloring.alternatives]
    colors = [lab_from_rgb(pixels)[..., 1:] for pixels in made]
    apart = [mean_ab_distance(a, b) for a, b in combinations(colors, 2)]
    return max(psnr(pixels, case.truth) for pixels in made), float(np.mean(apart))


def suggested_places(app: Colorize, photo: Image, n: int) -> list[tuple[int, int]]:
    """List the places that the application asks for."""
    coloring = app.explore(photo, suggestions=n)
    return [(place.x, place.y) for place in coloring.places]


def mean_ab_distance(one: Floats, other: Floats) -> float:
    """Average the distance of two colorings (H, W, 2) over their pixels."""
    return float(np.hypot(*np.moveaxis(one - other, -1, 0)).mean())


def hint_spread(app: Colorize, truth: Bytes, other: Bytes, seed: int) -> tuple[float, float]:
    """Paste an ellipse of another photograph, tell it a strong color, and see what changes where.

    The ellipse is the object: its mask is known exactly. Returns the mean change of (a, b) inside
    and outside of it.
    """
    pasted, mask = paste_ellipse(truth, other)
    rng = np.random.default_rng((7, seed))
    angle = rng.uniform(0, 2 * np.pi)
    y, x = (int(axis.mean()) for axis in np.nonzero(mask))
    photo = Image(to_grayscale(pasted))
    fy = lab_f_of_y(photo.pixels[y : y + 1, x : x + 1])
    color = np.array([[[45 * np.cos(angle), 45 * np.sin(angle)]]], np.float32)
    red, green, blue = (int(v) for v in encode_srgb(to_gamut(fy, color), np.dtype(np.uint8))[0, 0])
    before = lab_from_rgb(colorize_pixels(app, photo))[..., 1:]
    after = lab_from_rgb(colorize_pixels(app, photo, (Hint(x, y, (red, green, blue)),)))[..., 1:]
    change = np.hypot(*np.moveaxis(after - before, -1, 0))
    return float(change[mask].mean()), float(change[~mask].mean())


def paste_ellipse(truth: Bytes, other: Bytes) -> tuple[Bytes, Mask]:
    """Put an ellipse of `other` into the middle of `truth`; the mask (H, W) tells where."""
    H, W, _ = truth.shape
    y, x = np.indices((H, W))
    mask = ((y - H / 2) / (0.25 * H)) ** 2 + ((x - W / 2) / (0.2 * W)) ** 2 < 1
    rows, columns = np.arange(H) * other.shape[0] // H, np.arange(W) * other.shape[1] // W
    return np.where(mask[..., None], other[rows][:, columns], truth), mask


# Films --------------------------------------------------------------------------------------------


def evaluate_films(app: Colorize, photos: Sequence[Bytes]) -> tuple[Table, Figures]:
    """Measure flicker where nothing moves and the error of what moves; frame by frame beside."""
    measured: dict[str, list[tuple[float, float]]] = {"frame by frame": [], "film": []}
    pairs = list(zip(photos, [*photos[1:], photos[0]], strict=True))
    for background, thing in track(pairs, total=len(pairs), title="films"):
        truth, greys, masks = synthetic_film(background, thing)
        single = [colorize_pixels(app, Image(g)) for g in greys]
        steady = [np.asarray(f.pixels) for f in app.film(frames(greys), (), 1.0)]
        measured["frame by frame"].append(flicker_and_error(single, truth, masks))
        measured["film"].append(flicker_and_error(steady, truth, masks))
    means = {name: np.mean(values, axis=0) for name, values in measured.items()}
    rows = tuple((name, float(flicker), float(error)) for name, (flicker, error) in means.items())
    table = Table(
        f"Films, {len(pairs)} scenes with grain and a moving thing",
        ("colored", "flicker of what stands still, ab units", "error of what moves, ab units"),
        rows,
    )
    (flicker_1, error_1), (flicker_film, error_film) = means.values()
    return table, {
        "flicker_film_ab": float(flicker_film),
        "flicker_single_ab": float(flicker_1),
        "moving_error_film_ab": float(error_film),
        "moving_error_single_ab": float(error_1),
    }


def synthetic_film(background: Bytes, thing: Bytes) -> tuple[list[Bytes], list[Bytes], list[Mask]]:
    """Make 24 frames in which an ellipse of one photograph crosses another: truth, grey, mask."""
    H, W, _ = background.shape
    rng = np.random.default_rng(0)
    y, x = np.indices((H, W))
    truths, greys, masks = [], [], []
    for t in range(24):
        middle = W * (0.2 + 0.6 * t / 23)
        mask = ((y - H / 2) / (0.25 * H)) ** 2 + ((x - middle) / (0.15 * W)) ** 2 < 1
        rows = np.arange(H) * thing.shape[0] // H
        columns = np.clip(np.arange(W) - round(middle - W / 2), 0, W - 1) * thing.shape[1] // W
        truth = np.where(mask[..., None], thing[rows][:, columns], background)
        grain = rng.normal(0, 3, (H, W, 1))
        truths.append(truth)
        greys.append(np.clip(to_grayscale(truth) + grain, 0, 255).astype(np.uint8))
        masks.append(mask)
    return truths, greys, masks


def frames(greys: Sequence[Bytes]) -> Iterator[Frame]:
    """Number frames as a film of 25 a second."""
    for t, pixels in enumerate(greys):
        yield Frame(pixels, Fraction(t, 25))


def flicker_and_error(
    made: Sequence[Bytes],
    truth: Sequence[Bytes],
    masks: Sequence[Mask],
) -> tuple[float, float]:
    """Average the change of (a, b) where nothing moves, and its error where something does."""
    colors = [lab_from_rgb(pixels)[..., 1:] for pixels in made]
    true = [lab_from_rgb(pixels)[..., 1:] for pixels in truth]
    still = ~np.any(masks, axis=0)
    change = [np.hypot(*(b - a)[still].T).mean() for a, b in pairwise(colors)]
    error = [np.hypot(*(c - t)[m].T).mean() for c, t, m in zip(colors, true, masks, strict=True)]
    return float(np.mean(change)), float(np.mean(error))
