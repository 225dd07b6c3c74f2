"""The simulator's camera, drawn some ten times as fast, for training alone.

CarRacing-v3 draws every polygon of the track anew for every step, 1000 x 800 pixels, and reduces
them to 96 x 96. Here the track is drawn once, on a chart; what the camera sees is a turned and
scaled part of the chart, and the car and its instruments are laid over it. The picture differs
from the original by a few levels of 255 along edges (a test holds it to that), and not at all in
what it shows; whatever is reported was driven in the original.

    N  pixels of the chart's side     H, W  96 pixels of the camera's picture
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw

from neuropil.apps.drive.controls import CarState, WheelState
from neuropil.apps.drive.preprocess import ROAD, SIDE
from neuropil.apps.drive.simulator import Camera

Bytes = NDArray[np.uint8]
Corners = Sequence[tuple[float, float]]

FIELD = 2000 / 6  # units from the middle to the edge of the world
PATCH = FIELD / 20  # units: side of a patch of lighter grass
SCALE = 6.0  # pixels of the chart to a unit
FINER = 3  # samples to a pixel of the picture, each way
SCREEN = (1000, 800)  # pixels that the simulator draws
CAR_AT = (500, 600)  # of these, from the left and the top
NEAR, FAR = 16.2, 0.6  # pixels of the screen to a unit: from one second on, and at the very start
VOID, GRASS, LIGHT = 0, 1, 2  # colors by number; the others are those of the road
COLORS = (
    *((0, 0, 0), (102, 204, 102), (102, 230, 102), (102, 102, 102), (104, 104, 104)),
    *((107, 107, 107), (255, 255, 255), (255, 0, 0)),
)
DARKENING = 2  # levels by which the simulator's own reduction darkens everything
UNIT = 0.02  # of the car's drawing
AXLES = ((-55, 80), (55, 80), (-55, -82), (55, -82))  # the wheels, front first, in UNITs
WHEEL = (14, 27)  # half its width, its radius
HULL = (
    ((-60, 130), (60, 130), (60, 110), (-60, 110)),
    ((-15, 120), (15, 120), (20, 20), (-20, 20)),
    ((25, 20), (50, -10), (50, -40), (20, -90), (-20, -90), (-50, -40), (-50, -10), (-25, 20)),
    ((-50, -120), (50, -120), (50, -90), (-50, -90)),
)
RED, BLACK, GREY, WHITE = (204, 0, 0), (0, 0, 0), (77, 77, 77), (255, 255, 255)
BLUE, VIOLET, GREEN, FULL_RED = (0, 0, 255), (51, 0, 255), (0, 255, 0), (255, 0, 0)
STEP_X, STEP_Y = SCREEN[0] / 40, SCREEN[1] / 40  # pixels: the grid of the instruments


@dataclass(frozen=True, eq=False)
class TrackMap:
    """A track from above, (N, N) numbers of COLORS."""

    picture: Picture.Image


def draw_track_map(road: Sequence[tuple[Corners, Sequence[float]]]) -> TrackMap:
    """Draw a track: polygons with their colors, as the simulator has them."""
    side = int(2 * FIELD * SCALE)
    picture = Picture.new("P", (side, side), GRASS)
    picture.putpalette([level for color in COLORS for level in color])
    canvas = ImageDraw.Draw(picture)
    for x in range(-20, 20, 2):
        for y in range(-20, 20, 2):
            corner, other = to_map(PATCH * x, PATCH * y), to_map(PATCH * (x + 1), PATCH * (y + 1))
            canvas.rectangle((*corner, *other), fill=LIGHT)
    numbers = {color: number for number, color in enumerate(COLORS)}
    for corners, color in road:
        red, green, blue = (int(level) for level in color)
        canvas.polygon([to_map(*corner) for corner in corners], fill=numbers[red, green, blue])
    return TrackMap(picture)


def camera(road: Sequence[tuple[Corners, Sequence[float]]]) -> Camera:
    """Make a camera for the track of a simulator."""
    return partial(render_frame, draw_track_map(road))


def to_map(x: float, y: float) -> tuple[float, float]:
    """Find the pixel of the chart at a place of the world."""
    return (x + FIELD) * SCALE, (y + FIELD) * SCALE


def render_frame(chart: TrackMap, motion: CarState, wheels: WheelState, seconds: float) -> Bytes:
    """Draw what the camera sees, so many seconds after the start: (96, 96, 3).

    The score, which the simulator writes in the lower left corner, is left out.
    """
    scale = camera_zoom(seconds)
    above = render_road(chart, motion, scale)
    draw_car(ImageDraw.Draw(above), wheels, scale)
    rows = [above.reduce(FINER), render_instruments(motion, wheels)]
    whole = np.vstack([np.asarray(part) for part in rows])
    darker: Bytes = np.maximum(whole, DARKENING) - np.uint8(DARKENING)
    return darker


def camera_zoom(seconds: float) -> float:
    """Tell how many pixels of the screen a unit has: the camera comes near in the first second."""
    return FAR * max(1 - seconds, 0) + NEAR * min(seconds, 1)


def render_road(chart: TrackMap, motion: CarState, zoom: float) -> Picture.Image:
    """Look at the road from the car: (252, 288) samples, 3 x 3 to a pixel.

    A point (i, j) of the screen, seen from the car, is ((i - 500) / zoom, (600 - j) / zoom) to its
    right and ahead of it; turned by the car's angle that is a place of the world, which has its
    pixel on the chart. Altogether: a straight map from samples to pixels of the chart.
    """
    across, down = SCREEN[0] / (SIDE * FINER), SCREEN[1] / (SIDE * FINER)
    cos, sin = math.cos(motion.angle), math.sin(motion.angle)
    right, ahead = across / zoom, -down / zoom  # of one sample
    left, top = -CAR_AT[0] / zoom, CAR_AT[1] / zoom  # of the first one
    x, y = cos * left - sin * top + motion.x, sin * left + cos * top + motion.y
    first = to_map(x, y)
    along = (SCALE * cos * right, -SCALE * sin * ahead, first[0])
    up = (SCALE * sin * right, SCALE * cos * ahead, first[1])
    samples = chart.picture.transform(
        (SIDE * FINER, ROAD * FINER),
        Picture.Transform.AFFINE,
        (*along, *up),
        Picture.Resampling.NEAREST,
        fillcolor=VOID,
    )
    return samples.convert("RGB")


def draw_car(canvas: ImageDraw.ImageDraw, wheels: WheelState, zoom: float) -> None:
    """Draw the car over the road: the wheels, a light mark on each, and the hull."""
    half, radius = WHEEL
    for i, (x, y) in enumerate(AXLES):
        turn = wheels.steering_angle if i < 2 else 0.0
        tire = ((-half, radius), (half, radius), (half, -radius), (-half, -radius))
        canvas.polygon(to_screen(rotate_translate(tire, turn, x, y), zoom), fill=BLACK)
        if bounds := visible_mark(wheels.phases[i]):
            high, low = (radius * bound for bound in bounds)
            mark = ((-half, high), (half, high), (half, low), (-half, low))
            canvas.polygon(to_screen(rotate_translate(mark, turn, x, y), zoom), fill=GREY)
    for part in HULL:
        canvas.polygon(to_screen(part, zoom), fill=RED)


def visible_mark(phase: float) -> tuple[float, float] | None:
    """Tell between which parts of its radius a wheel's mark is seen; None where it is below."""
    (s1, c1), (s2, c2) = ((math.sin(a), math.cos(a)) for a in (phase, phase + 1.2))
    if s1 > 0 and s2 > 0:
        return None
    return (math.copysign(1, c1) if s1 > 0 else c1), (math.copysign(1, c2) if s2 > 0 else c2)


def rotate_translate(corners: Corners, angle: float, x: float, y: float) -> Corners:
    """Turn corners to the left and move them."""
    cos, sin = math.cos(angle), math.sin(angle)
    return [(x + cos * a - sin * b, y + sin * a + cos * b) for a, b in corners]


def to_screen(corners: Corners, zoom: float) -> Corners:
    """Find the samples at places of the car, in UNITs to its right and ahead."""
    size = UNIT * zoom
    columns, rows = SIDE * FINER / SCREEN[0], SIDE * FINER / SCREEN[1]
    return [((CAR_AT[0] + size * a) * columns, (CAR_AT[1] - size * b) * rows) for a, b in corners]


def render_instruments(motion: CarState, wheels: WheelState) -> Picture.Image:
    """Draw the bars below the road: speed, the four wheels, steering, spinning: (12, 96)."""
    strip = Picture.new("RGB", (SCREEN[0], round(5 * STEP_Y)), BLACK)
    canvas = ImageDraw.Draw(strip)
    vertical_bar(canvas, 5, 0.02 * motion.speed, WHITE)
    for place, spin, color in zip(
        (7, 8, 9, 10), wheels.spins, (BLUE, BLUE, VIOLET, VIOLET), strict=True
    ):
        vertical_bar(canvas, place, 0.01 * spin, color)
    horizontal_bar(canvas, 20, -10.0 * wheels.steering_angle, GREEN)
    horizontal_bar(canvas, 30, -0.8 * motion.yaw_rate, FULL_RED)
    return strip.resize((SIDE, SIDE - ROAD), Picture.Resampling.BOX)


def vertical_bar(
    canvas: ImageDraw.ImageDraw, place: int, value: float, color: tuple[int, int, int]
) -> None:
    """Draw a bar that grows upward."""
    foot, head = 4 * STEP_Y, (4 - value) * STEP_Y
    left, right = place * STEP_X, (place + 1) * STEP_X
    if abs(value) > 1e-4:
        canvas.rectangle((left, min(foot, head), right, max(foot, head)), fill=color)


def horizontal_bar(
    canvas: ImageDraw.ImageDraw, place: int, value: float, color: tuple[int, int, int]
) -> None:
    """Draw a bar that grows to either side."""
    ends = place * STEP_X, (place + value) * STEP_X
    if abs(value) > 1e-4:
        canvas.rectangle((min(ends), STEP_Y, max(ends), 3 * STEP_Y), fill=color)
