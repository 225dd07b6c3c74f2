"""What is measured of the colorizer, and beside whom.

    neuropil bench colorize                speed, size, films
    neuropil bench colorize --data DIR     and quality on photographs that training never saw:
                                           of photos-val.zip or a folder val, else all of DIR;
                                           of DIR/judge, whether colors help another network

Speed is measured in one process and one run, beside a network of the published shape of Zhang et
al. 2016 (32 million parameters, random weights, same ONNX Runtime) and beside our own network in
torch, where torch is installed.
"""

import importlib.util
import tempfile
import warnings
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np

from neuropil.apps.colorize.app import COLORIZER, EYE, SEEN, Colorize
from neuropil.apps.colorize.cielab import Floats
from neuropil.apps.colorize.hints import N_CHANNELS
from neuropil.apps.colorize.lab import evaluation, judge
from neuropil.apps.colorize.lab.data import iterate_photos, validation
from neuropil.apps.colorize.lab.metrics import Bytes
from neuropil.apps.colorize.preprocess import CELL, working_size
from neuropil.kit.errors import UserError
from neuropil.kit.media.film import Film
from neuropil.kit.media.film_writer import write_film
from neuropil.kit.media.frame import Frame
from neuropil.kit.media.image import Image
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.kit.report import (
    Metrics,
    Report,
    Table,
    median_seconds,
    median_seconds_interleaved,
)

SAMPLES = Path(__file__).parents[3] / "samples"
OURS = "neuropil, ONNX Runtime"


def measure(data: Path | None) -> Report:
    """Measure speed and, where there is data, quality."""
    app = Colorize()
    photos = evaluation_photos(data) if data is not None else []
    tables, figures = speed(app)
    table, found = evaluation.evaluate_films(app, sample_photos())
    tables, figures = [*tables, table], {**figures, **found}
    if photos:
        more, found = evaluation.evaluate_photos(app, photos)
        table, reached = evaluation.evaluate_hints(app, photos)
        tables, figures = [*tables, *more, table], {**figures, **found, **reached}
    if data is not None:
        color = partial(color_truth, app)
        judged, shares = judge.evaluate_by_judge(color, evaluation.to_grayscale, data)
        tables, figures = [*tables, *judged], {**figures, **shares}
    return Report(tuple(tables), figures)


def color_truth(app: Colorize, truth: Bytes) -> Bytes:
    """Take the color out of a photograph, and make others."""
    return evaluation.colorize_pixels(app, Image(evaluation.to_grayscale(truth)))


def evaluation_photos(data: Path) -> list[Bytes]:
    """Read every second validation photograph: the others served to choose the temperature.

    A folder without such photographs is measured on whole. Raises UserError where there is none.
    """
    photos = validation(data)[1::2] or sorted(
        iterate_photos(data, validation=False), key=lambda p: p[0]
    )
    if not photos:
        raise UserError(
            "data.missing",
            f"{data} holds no photographs that can be measured on; the card says what it may hold",
            path=data,
        )
    return [photo for _, photo in photos]


def sample_photos() -> list[Bytes]:
    """Read the package's own color photographs, at 256 pixels."""
    files = sorted(SAMPLES.glob("*-color.jpg"))
    return [np.asarray(Image.open(file).thumbnail(256).pixels, np.uint8) for file in files]


def speed(app: Colorize) -> tuple[list[Table], Metrics]:
    """Time whole jobs, from file to file, and the bare network beside others."""
    size = app.networks[COLORIZER].path
    figures: Metrics = {"weights_mb": size.stat().st_size / 1e6}
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        figures["seconds_256"] = photo_seconds(app, here, 256, 256, repeats=9)
        figures["seconds_12mp"] = photo_seconds(app, here, 3000, 4000, repeats=3)
        figures["film_fps_640x360"] = film_fps(app, here, n_frames=72)
        own = {OURS: lambda: app.network(COLORIZER).run(**random_feeds(), **seen(app))}
        peers = network_peers(app, here)
        took = median_seconds_interleaved(own | peers, repeats=3, turns=5)
    jobs = (
        ("photograph 256 × 256, file to file", f"{figures['seconds_256']:.3f} s"),
        ("photograph 4000 × 3000, file to file", f"{figures['seconds_12mp']:.2f} s"),
        ("film 640 × 360, file to file", f"{figures['film_fps_640x360']:.1f} frames/s"),
        ("weights", f"{figures['weights_mb']:.2f} MB"),
    )
    ours = took.pop(OURS)
    rows = [(OURS, 1000 * ours, 1.0)]
    rows += [(name, 1000 * seconds, seconds / ours) for name, seconds in took.items()]
    for name, seconds in took.items():
        key = "speed_vs_torch" if "torch" in name else "speed_vs_eccv16"
        figures[key] = seconds / ours
    H, W = working_size(256, 256)
    title = f"The bare network, for {H} × {W} pixels, what a square photograph is brought to"
    networks = Table(title, ("network", "ms", "times ours"), tuple(rows))
    return [Table("Whole jobs, once loaded", ("job", "time"), jobs), networks], figures


def photo_seconds(app: Colorize, folder: Path, height: int, width: int, repeats: int) -> float:
    """Time one JPEG from file to file."""
    given, made = folder / "given.jpg", folder / "made.jpg"
    upscale(sample_photos()[0], height, width).save(given)

    def job() -> None:
        app(Image.open(given)).save(made)

    return median_seconds(job, repeats)


def upscale(pixels: Bytes, height: int, width: int) -> Image:
    """Enlarge a photograph by repetition, with some grain: no easy one to encode."""
    rows, columns = (
        np.arange(height) * pixels.shape[0] // height,
        np.arange(width) * pixels.shape[1] // width,
    )
    grain = np.random.default_rng(0).integers(0, 8, (height, width, 1), dtype=np.uint8)
    return Image(np.clip(pixels[rows][:, columns], 0, 247) + grain)


def film_fps(app: Colorize, folder: Path, n_frames: int) -> float:
    """Time a film from file to file: frames a second."""
    given, made = folder / "given.mp4", folder / "made.mp4"
    picture = np.asarray(upscale(sample_photos()[0], 360, 760).pixels, np.uint8)
    frames = (Frame(picture[:, t : t + 640], Fraction(t, 25)) for t in range(n_frames))
    write_film(given, frames, fps=Fraction(25))
    return n_frames / median_seconds(lambda: app(Film.open(given)).save(made), 1)


def random_feeds() -> dict[str, Floats]:
    """Make what the network takes of a square photograph beside what the eye sees: noise."""
    rng = np.random.default_rng(0)
    H, W = working_size(256, 256)
    return {
        "lightness": rng.standard_normal((1, 1, H, W), np.float32),
        "hints": rng.standard_normal((1, N_CHANNELS, H // CELL, W // CELL), np.float32),
    }


def seen(app: Colorize) -> dict[str, Floats]:
    """Run the eye on normal noise, as large as what the network takes."""
    H, W = working_size(256, 256)
    noise = np.random.default_rng(1).standard_normal((1, 3, H, W), np.float32)
    found = app.network(EYE).run(picture=noise)
    return {name: found[name] for name in SEEN}


def network_peers(app: Colorize, folder: Path) -> dict[str, Callable[[], object]]:
    """Make ready what ours is compared with; needs torch, and is empty without."""
    if importlib.util.find_spec("torch") is None:
        return {}
    import torch

    from neuropil.apps.colorize.lab.train import OF_SEEING, random_network

    network = random_network()
    given = {name: torch.from_numpy(value) for name, value in (random_feeds() | seen(app)).items()}
    feeds = [given[name] for name in OF_SEEING]
    published = OnnxNetwork(export_eccv16(folder / "eccv16.onnx"))
    noise = random_feeds()["lightness"]  # as many pixels as ours sees

    def eager() -> object:
        with torch.no_grad():  # in this run alone
            return network(*feeds)

    return {
        "neuropil, torch eager, without the eye": eager,
        "eccv16 shape, ONNX Runtime": lambda: published.run(lightness=noise),
    }


def export_eccv16(path: Path) -> Path:
    """Write a network of the shape of Zhang et al. 2016 with random weights, batch norms folded."""
    import torch
    from torch import nn

    widths = [
        (64, 1, 1),
        (64, 2, 1),
        (128, 1, 1),
        (128, 2, 1),
        (256, 1, 1),
        (256, 1, 1),
        (256, 2, 1),
    ]
    widths += [(512, 1, 1)] * 3 + [(512, 1, 2)] * 6 + [(512, 1, 1)] * 3
    layers: list[nn.Module] = []
    n_in = 1
    for width, stride, dilation in widths:
        layers += [nn.Conv2d(n_in, width, 3, stride, dilation, dilation), nn.ReLU()]
        n_in = width
    layers += [nn.ConvTranspose2d(512, 256, 4, 2, 1), nn.ReLU()]
    for _ in range(2):
        layers += [nn.Conv2d(256, 256, 3, padding=1), nn.ReLU()]
    layers.append(nn.Conv2d(256, 313, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            nn.Sequential(*layers).eval(),
            (torch.from_numpy(random_feeds()["lightness"]),),
            str(path),
            input_names=["lightness"],
            dynamo=False,
        )
    return path
