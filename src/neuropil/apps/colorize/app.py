"""The application: a grey photograph or film in, its colors out.

h, w  cells of the grid, 4 x 4 pixels of the working size each      H, W  the photograph's pixels
N  colors of the palette      B  colorings at once      K  hints
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import Annotated, ClassVar, final, overload

import numpy as np

from neuropil.apps.colorize import temporal
from neuropil.apps.colorize.alternatives import likelihood_ratio, sample_hint_sets
from neuropil.apps.colorize.border import find_inside, find_lasting_inside
from neuropil.apps.colorize.cielab import Floats, Pixels, lightness
from neuropil.apps.colorize.decode import (
    affinity,
    mean_color,
    probabilities,
    rank_hint_cells,
    uncertainty,
)
from neuropil.apps.colorize.hints import Hint, hint_maps
from neuropil.apps.colorize.locality import (
    NO_HINTS,
    HintArrays,
    LocalColors,
    measure_surprise,
    reach_of_hints,
)
from neuropil.apps.colorize.oval import mirror_corners
from neuropil.apps.colorize.pixel_trace import trace_pixel
from neuropil.apps.colorize.preprocess import (
    CELL,
    average_pool,
    gray_pixels,
    normalize_lightness,
    resize_uint8,
    working_size,
)
from neuropil.apps.colorize.probe import (
    At,
    CellMix,
    DecodedCell,
    RgbColor,
    decoding_steps,
    describe_unit,
    make_goal,
)
from neuropil.apps.colorize.rectangle import Rectangle
from neuropil.apps.colorize.render import (
    Photo,
    apply_color,
    confidence_map,
    draw_markers,
    paint_gray,
    upsample_to_guide,
)
from neuropil.contract import App, verb
from neuropil.core.probe import Probe, ProbedImage, Unit
from neuropil.eye.network import NETWORK, normalize
from neuropil.kit.cpu import cores
from neuropil.kit.errors import UserError
from neuropil.kit.media.film import Film
from neuropil.kit.media.frame import Frame
from neuropil.kit.media.image import Image
from neuropil.kit.networks.network import NetworkFile
from neuropil.kit.progress import message, mute, tick, ticking
from neuropil.kit.ranges import Range

TEMPERATURE = 0.8  # of the softmax; the card says why
COLORIZER, EYE = "colorizer", "eye"
SEEN = ("stride_4", "stride_8", "stride_16", "stride_32", "mean_features")  # what the eye gives
STRENGTH, ALTERNATIVES, SUGGESTIONS = Range(0, 3), Range(0, 16), Range(0, 50)
FILM_SAMPLE = 30  # frames in which bars are sought
IMAGINED = 0.6  # how far imagined hints surprise: less, so that alternatives are further apart
RATE, SEED = Range(0, 100), Range(0, 10**9)


@dataclass(frozen=True)
class PixelPosition:
    """A place of the photograph, in pixels from its left and top."""

    x: int
    y: int


@dataclass(frozen=True)
class Exploration:
    """A photograph in color, and what is behind the colors.

    alternatives: other colorings, the likeliest first
    likelihoods: of each alternative, how likely the network holds its colors to be: the probability
        of a cell's color (geometric mean), of what the picture's has
    confidence: light where the colors are known, dark where they are guessed
    frame: the part inside of the border that was found, which alone has colors; none without one
    suggestions: the photograph, its places marked where a hint would help most
    places: these, best first
    """

    picture: Image
    alternatives: tuple[Image, ...]
    confidence: Image
    suggestions: Image
    places: tuple[PixelPosition, ...]
    frame: Rectangle | None
    likelihoods: tuple[float, ...]


@dataclass(frozen=True)
class NetworkInput:
    """What the network sees of a photograph."""

    light: Floats  # (4h, 4w), L 0..100
    cell_lightness: Floats  # (h, w), L averaged over cells
    hints: HintArrays  # the hints
    inside: Rectangle  # the part of the photograph that all this is of
    seen: dict[str, Floats] = field(default_factory=dict)  # what the eye sees of it, by name

    @property
    def picture(self) -> Floats:
        """Give what the eye is shown: the lightness as grey, (1, 3, 4h, 4w)."""
        return normalize(gray_pixels(self.light[None]))


@final
class Colorize(App):
    """Gives grey photographs and films their colors."""

    summary = "Give grey photographs and films their colors."
    open_example = "neuropil open colorize old.jpg --at 120,80 --depth 3 -o walk.html"
    networks: ClassVar = {
        COLORIZER: NetworkFile(
            Path(__file__).parent / "weights",
            "colorize-seeing-v1.onnx",
            sha256="d9d92f17e21904f6b4c251ce0b1c8aeffbd4d233c933186e75bf5e8d29142580",
            licence="MIT",
        ),
        EYE: NETWORK,
    }

    @overload
    def __call__(
        self, photo: Image, *, strength: float = ..., hints: tuple[Hint, ...] = ...
    ) -> Image: ...
    @overload
    def __call__(
        self, photo: Film, *, strength: float = ..., hints: tuple[Hint, ...] = ...
    ) -> Film: ...

    @verb(example="neuropil colorize old.jpg")
    def __call__(
        self,
        photo: Image | Film,
        *,
        strength: Annotated[float, STRENGTH] = 1.0,
        hints: tuple[Hint, ...] = (),
    ) -> Image | Film:
        """Give grey photographs and films their colors.

        A border, as prints, negatives and films in another format have one, stays grey.

        photo: a picture or film of any size; colors that it has already are ignored
        strength: strength of the colors: 0 leaves the picture grey, 1 is what the network predicts,
            above 1 is more vivid
        hints: a color that you know, at a pixel of the picture (of a film: of its first frame); one
            on what was taken for a border says that there is none
        """
        if isinstance(photo, Film):
            find = partial(find_film_inside, photo, hints)
            return photo.map_frames(lambda frames: self.film(frames, hints, strength, find()))
        view = self.look(preprocess(photo.pixels, hints, find_picture(photo.pixels, hints)))
        ab = self.predict_colors(view, view.hints)
        return photo.replace(pixels=self.paint(photo.pixels, view, ab, strength))

    @verb(example="neuropil colorize-explore old.jpg --alternatives 2")
    def explore(
        self,
        photo: Image,
        *,
        strength: Annotated[float, STRENGTH] = 1.0,
        hints: tuple[Hint, ...] = (),
        alternatives: Annotated[int, ALTERNATIVES] = 4,
        suggestions: Annotated[int, SUGGESTIONS] = 5,
        seed: Annotated[int, SEED] = 0,
    ) -> Exploration:
        """Show other colorings, what is sure, where hints help.

        photo: a picture of any size; colors that it has already are ignored
        strength: strength of the colors: 0 leaves the picture grey, 1 is what the network predicts,
            above 1 is more vivid
        hints: a color that you know, at a pixel of the picture
        alternatives: how many other colorings to make
        suggestions: how many places to mark where a hint would help most
        seed: random seed of the alternatives; the same seed gives the same ones
        """
        frame = find_picture(photo.pixels, hints)
        view = self.look(preprocess(photo.pixels, hints, frame))
        logits = self.logits(view, [view.hints])
        ab = self.localize_hints(view, view.hints, self.mean_colors(logits)).ab
        picture = photo.replace(pixels=self.paint(photo.pixels, view, ab, strength))
        others = self.rank_alternatives(view, logits, ab, alternatives, seed)
        unsure = uncertainty(probabilities(logits), self.palette)[0]
        unsure = np.where(view.inside.scale_to(*unsure.shape).mask(), unsure, 0)
        cells = rank_hint_cells(unsure, affinity(view.cell_lightness), suggestions)
        places = tuple(dict.fromkeys(cell_to_pixel(cell, view) for cell in cells))  # each once
        return Exploration(
            picture,
            tuple(self.paint_alternatives(photo, view, others, strength)),
            Image(confidence_map(unsure, photo.pixels.shape[:2], view.inside)),
            Image(draw_markers(photo.pixels, [(p.x, p.y) for p in places])),
            places,
            frame,
            tuple(likelihood for likelihood, _ in others),
        )

    @property
    def n_threads(self) -> int:
        """Count the threads that paint."""
        return self._threads or cores()

    @cached_property
    def palette(self) -> Floats:
        """Read the palette (N, 2) that the network was trained with."""
        return np.array(json.loads(self.network(COLORIZER).metadata["palette"]), np.float32)

    def look(self, view: NetworkInput) -> NetworkInput:
        """Let the eye see a photograph as the network does, without its colors."""
        found = self.network(EYE).run(picture=view.picture)
        return replace(view, seen={name: found[name] for name in SEEN})

    def predict_colors(self, view: NetworkInput, told: HintArrays) -> Floats:
        """Predict the colors (h, w, 2) of one view, those of surprising hints on their things."""
        return self.localize_hints(view, told, self.mean_colors(self.logits(view, [told]))).ab

    def localize_hints(self, view: NetworkInput, told: HintArrays, ab: Floats) -> LocalColors:
        """Keep hints that surprise to their things; `ab` (h, w, 2) is predicted with all hints."""
        everywhere = LocalColors(ab, ab, np.ones(ab.shape[:2], np.float32), told)
        if not len(told[0]):
            return everywhere
        logits = self.logits(view, [NO_HINTS])
        bare = self.mean_colors(logits)
        surprise = measure_surprise(told, bare)
        known, news = surprise == 0, surprise > 0
        if not news.any():
            return everywhere
        hints = told[0][known], told[1][known]
        expected = self.mean_colors(self.logits(view, [hints])) if known.any() else bare
        p = probabilities(logits, TEMPERATURE)[0]
        share = reach_of_hints(told[0][news], surprise[news], view.cell_lightness, p)
        return LocalColors(ab, expected, share, hints)

    def mean_colors(self, logits: Floats) -> Floats:
        """Average the palette by the logits (1, N, h, w) of one view: (h, w, 2)."""
        mean: Floats = mean_color(probabilities(logits, TEMPERATURE), self.palette)[0]
        return mean

    def logits(self, view: NetworkInput, sets: Sequence[HintArrays]) -> Floats:
        """Run the network once for each of B sets of hints: logits (B, N, h, w)."""
        network = self.network(COLORIZER)
        each = [
            network.run(**self.feeds(view, told), **view.seen)["logits"] for told in ticking(sets)
        ]
        return np.concatenate(each)

    def feeds(self, view: NetworkInput, told: HintArrays) -> dict[str, Floats]:
        """Make the network's inputs beside what the eye sees: lightness (1, 1, 4h, 4w), hints."""
        return {
            "lightness": normalize_lightness(view.light)[None, None],
            "hints": hint_maps(*told, view.cell_lightness)[None],
        }

    def paint(self, pixels: Photo, view: NetworkInput, ab: Floats, strength: float) -> Photo:
        """Bring colors (h, w, 2) to a photograph (H, W, 3); what lies around them becomes grey."""
        tick()
        part = view.inside.cut(pixels)
        colors = upsample_to_guide(ab, view.cell_lightness, part)
        if part.shape == pixels.shape and not view.inside.is_oval:
            return apply_color(pixels, colors, strength, self.n_threads)
        whole = paint_gray(pixels, self.n_threads)
        painted = apply_color(part, colors, strength, self.n_threads)
        np.copyto(view.inside.cut(whole), painted, where=view.inside.mask()[..., None])
        return whole

    def rank_alternatives(
        self, view: NetworkInput, logits: Floats, ab: Floats, n: int, seed: int
    ) -> list[tuple[float, Floats]]:
        """Make n other colors (h, w, 2) beside `ab`, each with its likelihood, likeliest first."""
        if not n:
            return []
        sets = sample_hint_sets(
            lambda sets: self.logits(view, sets),
            self.palette,
            view.cell_lightness,
            view.hints,
            n,
            np.random.default_rng(seed),
        )
        n_told = len(view.hints[0])
        p, made = probabilities(logits)[0], []
        for told in ticking(sets):
            other = self.mean_colors(self.logits(view, [told]))
            imagined = told[0][n_told:]
            news = np.full(len(imagined), IMAGINED, np.float32)
            m = reach_of_hints(imagined, news, view.cell_lightness, p)[..., None]
            other = m * other + (1 - m) * ab  # so that things differ, not one cast over all
            made.append((likelihood_ratio(other, ab, p, self.palette), other))
        return sorted(made, key=lambda pair: -pair[0])

    def paint_alternatives(
        self, photo: Image, view: NetworkInput, others: list[tuple[float, Floats]], strength: float
    ) -> Iterator[Image]:
        """Bring other colors to the photograph."""
        for _, ab in others:
            yield photo.replace(pixels=self.paint(photo.pixels, view, ab, strength))

    def probe(
        self,
        photo: Image,
        *,
        at: At,
        hints: tuple[Hint, ...] = (),
        strength: Annotated[float, STRENGTH] = 1.0,
        target: RgbColor | None = None,
        rate: Annotated[float, RATE] = 0.01,
    ) -> Probe:
        """Find the neuron behind the color of a pixel.

        photo: the picture that was colored
        at: the pixel whose color is opened, X from the left and Y from the top
        hints: a color that was told at a pixel when the picture was colored
        strength: strength that the picture was colored with
        target: the color that the pixel had in truth; with it a loss and a training step are shown
        rate: learning rate of the training step towards the target
        """
        refuse_outside("at", (at.x, at.y), photo.pixels)
        frame = find_picture(photo.pixels, hints)
        refuse_border(at, frame)
        view = self.look(preprocess(photo.pixels, hints, frame))
        part = view.inside.cut(photo.pixels)
        place = at.x - view.inside.left, at.y - view.inside.top
        mixed = self.localize_hints(
            view, view.hints, self.mean_colors(self.logits(view, [view.hints]))
        )
        colors = mixed.ab
        painter = upsample_to_guide(colors, view.cell_lightness, part)
        point = trace_pixel(part, place, painter, view.cell_lightness, strength)
        row, column = point.cells[int(np.abs(point.weights).argmax())]
        mix = CellMix.at(row, column, mixed)
        told = view.hints if mix.opens_told else mixed.expected_hints
        logits = self.logits(view, [told])
        cell = DecodedCell(row, column, logits[0, :, row, column], self.palette, TEMPERATURE)
        n = cell.dominant_color()
        around = np.stack([colors[place] for place in point.cells])
        return Probe(
            self.network(COLORIZER).path,
            {"picture": view.picture, **self.feeds(view, told)},
            Unit("logits", (0, n, row, column)),
            make_goal(cell, n, target, rate),
            decoding_steps(point, around, cell, n, mix),
            partial(describe_unit, cell=cell, size=view.light.shape),
            ProbedImage(
                self.paint(photo.pixels, view, colors, strength),
                (at.x, at.y),
                "the color of this pixel",
                is_pixel_color=True,
                crop=view.inside.share_of(photo.pixels),
            ),
            ("lightness", "picture"),
            before=(self.network(EYE).path,),
        )

    def film(
        self,
        frames: Iterator[Frame],
        hints: tuple[Hint, ...],
        strength: float,
        inside: Rectangle | None = None,
    ) -> Iterator[Frame]:
        """Color the inside of one frame after the other, each knowing the one before."""
        first = next(frames, None)
        if first is None:
            return
        state = temporal.initial_state(preprocess(first.pixels, hints, inside).hints)
        for frame in chain([first], frames):
            view = self.look(replace(preprocess(frame.pixels, (), inside), hints=state.told))
            state = temporal.next_state(state, view.light, partial(self.predict_colors, view))
            yield replace(frame, pixels=self.paint(frame.pixels, view, state.ab, strength))


def refuse_outside(name: str, place: tuple[float, float], pixels: Pixels) -> None:
    """Raise UserError for a place (x, y) that is not in the picture."""
    (x, y), (H, W, _) = place, pixels.shape
    if not (0 <= x < W and 0 <= y < H):
        raise UserError(
            "option.range",
            f"{name} {x:.15g},{y:.15g} lies outside the picture: "
            f"x goes from 0 to {W - 1}, y from 0 to {H - 1}",
            name=name,
            value=place,
            low=(0, 0),
            high=(W - 1, H - 1),
        )


def refuse_border(at: At, frame: Rectangle | None) -> None:
    """Raise UserError for a pixel of the border: no neuron is behind its grey."""
    if frame and not frame.holds(at.x, at.y):
        raise UserError(
            "option.range",
            f"at {at.x},{at.y} lies on the border of the picture, which stays grey; inside of it "
            f"x goes from {frame.left} to {frame.right - 1}, "
            f"y from {frame.top} to {frame.bottom - 1}",
            name="at",
            value=(at.x, at.y),
            low=(frame.left, frame.top),
            high=(frame.right - 1, frame.bottom - 1),
        )


def find_picture(pixels: Pixels, hints: tuple[Hint, ...]) -> Rectangle | None:
    """Find the picture inside of a border, and say so; hints on a border say that it is none."""
    return tell_frame(find_inside(pixels), hints)


def find_film_inside(film: Film, hints: tuple[Hint, ...]) -> Rectangle | None:
    """Find the bars or the border that a film has all the time."""
    with mute():  # what is to be said of the frames is said when they are colored
        frames = (frame.pixels for frame in film.sample(FILM_SAMPLE))
        inside = find_lasting_inside(frames, film.height, film.width)
    return tell_frame(inside, hints)


def tell_frame(frame: Rectangle | None, hints: tuple[Hint, ...]) -> Rectangle | None:
    """Say that a border was found around `frame`; None where hints lie on it, or none was found."""
    if frame is None or not all(frame.holds(hint.x, hint.y) for hint in hints):
        return None
    message(
        f"a border was found and stays grey; the picture inside is {frame.describe()} "
        "(if that is wrong, a hint on the border says so)"
    )
    return frame


def preprocess(
    pixels: Pixels, hints: tuple[Hint, ...], inside: Rectangle | None = None
) -> NetworkInput:
    """Reduce a photograph, or its part `inside` a border, to what the network sees.

    Raises UserError for a hint outside of the photograph.
    """
    for hint in hints:
        refuse_outside("hint", (hint.x, hint.y), pixels)
    inside = inside or Rectangle(0, 0, pixels.shape[1], pixels.shape[0])
    part = inside.cut(pixels)
    H, W, _ = part.shape
    height, width = working_size(H, W)
    light = lightness(resize_uint8(part, height, width))
    light = mirror_corners(light) if inside.is_oval else light
    to_cells = np.array([height / H, width / W], np.float32) / CELL
    corner = np.array([inside.top - 0.5, inside.left - 0.5], np.float32)
    pixel = np.array([(hint.y, hint.x) for hint in hints], np.float32).reshape(-1, 2) - corner
    places: Floats = (pixel * to_cells).astype(np.float32)
    colors = np.array([hint.ab for hint in hints], np.float32).reshape(-1, 2)
    return NetworkInput(light, average_pool(light), (places, colors), inside)


def cell_to_pixel(cell: tuple[int, int], view: NetworkInput) -> PixelPosition:
    """Find the pixel of the photograph at the middle of a cell."""
    (row, column), (h, w), part = cell, view.cell_lightness.shape, view.inside
    return PixelPosition(
        part.left + int((column + 0.5) * (part.right - part.left) / w),
        part.top + int((row + 0.5) * (part.bottom - part.top) / h),
    )
