"""The colorizer on the sample photographs, as sections of the page that `neuropil demo` makes."""

import time
from pathlib import Path

import numpy as np

from neuropil.apps.colorize.app import Colorize
from neuropil.apps.colorize.hints import Hint
from neuropil.apps.colorize.lab.evaluation import to_grayscale
from neuropil.apps.colorize.lab.metrics import psnr
from neuropil.apps.colorize.probe import At
from neuropil.apps.colorize.render import draw_markers
from neuropil.core.probe import Probe
from neuropil.kit.html.page import Section, before_after, figure, paragraph, row, table
from neuropil.kit.media.image import Image
from neuropil.kit.progress import track

SAMPLES = Path(__file__).parents[2] / "samples"
HINTED = "astronaut-color"  # the sample that gets hints
HINTS = ("150,290,#d9622b", "36,180,#b03040", "240,75,#d8a488")
DETAILED = "pumpkins"
PUMPKIN = At(130, 250)  # a pixel of it
EXAMPLE_COMMAND = "From one pixel's color down to the photograph: pumpkins.jpg --at 130,250"


def sections() -> list[Section]:
    """Color the samples and show what came of it."""
    app = Colorize()
    color = sorted(SAMPLES.glob("*-color.jpg"))
    old = sorted(set(SAMPLES.glob("*.jpg")) - set(color))
    seconds: dict[str, tuple[str, float]] = {}
    faded = [old_photo_figure(app, f, seconds) for f in track(old, total=len(old), title="old")]
    known = [truth_row(app, f) for f in track(color, total=len(color), title="known")]
    return [
        Section(
            "Old photographs in color",
            paragraph(
                "Photographs of the Farm Security Administration, 1935-45 (Library of Congress). "
                "Nobody knows their colors. `neuropil colorize old.jpg`"
            )
            + row(faded),
        ),
        Section(
            "Beside the truth",
            paragraph("What the network was given, what it made, what was.") + "".join(known),
        ),
        Section("What it is sure of, and what else it could have been", uncertainty_section(app)),
        Section("Told a color", hints_section(app)),
        Section(
            "Time",
            table(("photograph", "pixels", "seconds"), [(k, *v) for k, v in seconds.items()]),
        ),
    ]


def example_probe() -> Probe:
    """Choose the neuron that the page opens: the one behind the color of a pumpkin."""
    return Colorize().probe(Image.open(SAMPLES / f"{DETAILED}.jpg"), at=PUMPKIN)


def old_photo_figure(app: Colorize, file: Path, seconds: dict[str, tuple[str, float]]) -> str:
    """Show an old photograph under its colors, and note the time from opening to having them."""
    start = time.perf_counter()
    photo = Image.open(file)
    made = app(photo)
    seconds[file.stem] = (f"{photo.width} × {photo.height}", round(time.perf_counter() - start, 3))
    return before_after(photo, made, file.stem)


def truth_row(app: Colorize, file: Path) -> str:
    """Show what was given, what was made and what was true, with the gain in dB."""
    truth = np.asarray(Image.open(file).pixels, np.uint8)
    given = Image(to_grayscale(truth))
    made = app(given)
    gain = psnr(np.asarray(made.pixels, np.uint8), truth) - psnr(
        np.asarray(given.pixels, np.uint8), truth
    )
    return row(
        (
            figure(given, "given"),
            figure(made, f"made; {gain:+.1f} dB nearer to the truth than grey"),
            figure(Image(truth), "the truth"),
        )
    )


def uncertainty_section(app: Colorize) -> str:
    """Show confidence, alternatives and the places where a hint would help most."""
    made = app.explore(Image.open(SAMPLES / f"{DETAILED}.jpg"))
    first = (
        figure(made.picture, "the default"),
        figure(
            made.confidence, "confidence: light where the color is known, dark where it is a guess"
        ),
        figure(made.suggestions, "where a hint would help most, best first"),
    )
    others = [figure(image, f"alternative {n}") for n, image in enumerate(made.alternatives, 1)]
    words = "`neuropil colorize-explore old.jpg`"
    return paragraph(words) + row(first) + row(others)


def hints_section(app: Colorize) -> str:
    """Show a photograph without and with hints, and where they lie."""
    truth = np.asarray(Image.open(SAMPLES / f"{HINTED}.jpg").pixels, np.uint8)
    given = Image(to_grayscale(truth))
    hints = tuple(Hint.parse(hint) for hint in HINTS)
    before, after = app(given), app(given, hints=hints)
    marked = Image(draw_markers(given.pixels, [(int(hint.x), int(hint.y)) for hint in hints]))
    command = " ".join(f'--hint "{hint}"' for hint in HINTS)
    return paragraph(f"`neuropil colorize {HINTED}.jpg {command}`") + row(
        (figure(before, "no hint"), figure(marked, "three hints"), figure(after, "with them"))
    )
