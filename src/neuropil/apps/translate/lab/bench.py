"""What is measured of the translator of pictures, and beside whom.

    neuropil bench translate                speed and sizes, on pages that are drawn here
    neuropil bench translate --data DIR     and how well it finds, reads, translates and sets text

Peers run in the same process or beside it, with their own weights: RapidOCR, of two generations,
Tesseract and Apertium; those that are not installed are left out. `pip install "neuropil[bench]"`
brings RapidOCR; the others are packages of Debian.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import mean

import numpy as np
from PIL import Image as Picture

from neuropil.apps.translate.app import Translate
from neuropil.apps.translate.lab import peers, scene_evaluation
from neuropil.apps.translate.lab.film_evaluation import evaluate_film
from neuropil.apps.translate.lab.line_evaluation import evaluate_lines
from neuropil.apps.translate.lab.result_evaluation import evaluate_results
from neuropil.apps.translate.lab.scenes import Scene
from neuropil.apps.translate.lines import Pixels
from neuropil.apps.translate.page import TRUSTED
from neuropil.kit.errors import UserError, say_install
from neuropil.kit.report import Metrics, Report, Table, median_seconds_interleaved

LONG = 640  # pixels of the long side of pictures that are timed
TURNS = 3
TIMED = 20  # pictures that are timed, of a source
MIXED = ("menu", "foreign")


def measure(data: Path | None) -> Report:
    """Measure sizes and, where there is data, all else."""
    tables, figures = measure_sizes()
    if data is None:
        return Report(tuple(tables), figures)
    evaluate_texts = load_text_evaluation()
    app, others = Translate(), peers.readers(threads=2)
    scenes, crops = scene_evaluation.read_test(data)
    first = first_picture_seconds(scenes[0])
    ways = {"": scene_evaluation.read_by(app)} | {name: r for name, (r, _) in others.items()}
    words = {"": scene_evaluation.crop_reader(app)} | {name: r for name, (_, r) in others.items()}
    parts: list[Callable[[], tuple[list[Table], Metrics]]] = [
        partial(evaluate_texts, app, data),
        partial(scene_evaluation.evaluate_scenes, ways, scenes),
        partial(scene_evaluation.evaluate_words, words, crops),
        partial(evaluate_lines, app, data),
        partial(evaluate_rest, app, data, scenes, others),
    ]
    for part in parts:
        more, found = part()
        tables, figures = [*tables, *more], figures | found
    return Report(tuple(tables), figures | {"first_picture_seconds": first})


def load_text_evaluation() -> Callable[[Translate, Path], tuple[list[Table], Metrics]]:
    """Import what needs sacrebleu; raises UserError where that is missing."""
    try:
        from neuropil.apps.translate.lab.text_evaluation import evaluate_texts
    except ModuleNotFoundError as error:
        words = f"{error.name} is missing; to measure, install the extra [bench]:"
        words = f"{words} {say_install('bench')}"
        raise UserError("dependency.missing", words, name=error.name) from error
    return evaluate_texts


def measure_sizes() -> tuple[list[Table], Metrics]:
    """Tell how large the networks are; the eye, which others share, by itself."""
    sizes = {role: file.path.stat().st_size / 1e6 for role, file in Translate.networks.items()}
    figures: Metrics = {"weights_mb": sum(mb for role, mb in sizes.items() if role != "eye")}
    return [Table("Networks, MB", ("network", "MB"), tuple(sizes.items()))], figures


def evaluate_rest(
    app: Translate,
    data: Path,
    scenes: Sequence[Scene],
    others: dict[str, tuple[peers.ReadScene, peers.ReadCrop]],
) -> tuple[list[Table], Metrics]:
    """Measure the whole way, what was set, films, and speed."""
    tables, figures = [], Metrics()
    mixed = [scene for scene in scenes if scene.source in MIXED]
    parts = [
        scene_evaluation.evaluate_blocks(app, data, scenes),
        evaluate_film(app, next(scene for scene in scenes if scene.source == "menu")),
        time_pictures(app, scenes, others),
    ]
    if "rapidocr_v6" in others:
        parts.append(evaluate_results(app, others["rapidocr_v6"], mixed))
    for table, found in parts:
        tables.append(table)
        figures |= found
    return tables, figures


def first_picture_seconds(scene: Scene) -> float:
    """Time the first picture, from opening the networks on."""
    start = time.perf_counter()
    Translate().replace(scene.pixels, "de", None, TRUSTED)
    return time.perf_counter() - start


def time_pictures(
    app: Translate,
    scenes: Sequence[Scene],
    others: dict[str, tuple[peers.ReadScene, peers.ReadCrop]],
) -> tuple[Table, Metrics]:
    """Time whole pictures at 640 pixels: easy ones into German; and beside RapidOCR."""
    easy = [shrink(s.pixels) for s in scenes if s.source == "icdar2003"][:TIMED]
    mixed = [shrink(s.pixels) for s in scenes if s.source in MIXED]

    def translate(pictures: Sequence[Pixels], to: str) -> None:
        for pixels in pictures:
            app.replace(pixels, to, None, TRUSTED)

    def read(reader: peers.ReadScene, pictures: Sequence[Pixels]) -> None:
        for pixels in pictures:
            reader(pixels)

    calls: dict[str, Callable[[], object]] = {
        "icdar2003, into German": partial(translate, easy, "de"),
        "menu and foreign, into English": partial(translate, mixed, "en"),
    }
    if "rapidocr_v6" in others:
        calls["menu and foreign, read by RapidOCR v6"] = partial(
            read, others["rapidocr_v6"][0], mixed
        )
    took = median_seconds_interleaved(calls, 1, TURNS)
    rates = {
        name: (len(easy) if name.startswith("icdar") else len(mixed)) / seconds
        for name, seconds in took.items()
    }
    ours, both, *theirs = rates.values()
    figures: Metrics = {"pictures_per_second": ours, "pictures_per_second_menu_foreign": both}
    if theirs:
        figures["speed_vs_rapidocr"] = both / mean(theirs)
    return Table(f"Pictures a second, {LONG} pixels", ("", ""), tuple(rates.items())), figures


def shrink(pixels: Pixels) -> Pixels:
    """Bring the long side of a picture to 640 pixels."""
    h, w, _ = pixels.shape
    scale = LONG / max(h, w)
    size = round(w * scale), round(h * scale)
    return np.asarray(Picture.fromarray(pixels).resize(size, Picture.Resampling.LANCZOS))
