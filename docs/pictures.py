"""Makes the pictures of README and docs, with the package itself.

python docs/pictures.py                  docs/colorize.jpg and docs/true-colors.jpg, from the
                                         package's samples;
                                         docs/letter.png, docs/hands.png and docs/field.png;
                                         docs/classify.jpg and docs/cat.jpg; docs/menu.jpg;
                                         docs/lipsync.png, and with flite the film and the
                                         speech in the package; docs/foley.png;
                                         docs/synapses.png and docs/living.png;
                                         docs/driving.png, and the film in the package
python docs/pictures.py old-photos.zip   also docs/old-photographs.jpg, a sheet of sixty
"""

import io
import shutil
import sys
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw

import neuropil
from neuropil import (
    Audio,
    Film,
    Image,
    PhotoFolder,
    classify,
    colorize,
    drive,
    foley,
    handwrite,
    lipsync,
    translate,
)
from neuropil.apps.classify.prediction import ClassName
from neuropil.apps.colorize.lab.evaluation import to_grayscale
from neuropil.apps.drive.demo import SAMPLE
from neuropil.apps.drive.render import FPS, DriveFilm
from neuropil.apps.handwrite.app import HandwritingResult
from neuropil.apps.handwrite.lab import evaluation
from neuropil.apps.handwrite.styles import Style, shipped_styles
from neuropil.apps.lipsync.drawn_face import write_person
from neuropil.apps.lipsync.hearing import STEPS_PER_SECOND
from neuropil.apps.lipsync.lab import voices
from neuropil.apps.lipsync.phones import CUE_OF_PHONE, PHONES
from neuropil.apps.neuron import biological_view
from neuropil.apps.neuron.demo import LIVING, weight_image
from neuropil.biology.learning import RULES
from neuropil.core import digits
from neuropil.microscope import graph, saliency, walk

DOCS = Path(__file__).parent
SAMPLES = Path(neuropil.__file__).parent / "samples"
LETTER = (
    "Dear Ada,\nthe engine weaves patterns of numbers, you wrote; this one\n"
    "has learned to move a pen, and a second one read each line\nbefore you saw it. Yours, N."
)
ALL = (
    "Sphinx of black quartz, judge my vow! Five wizards jump\n"
    "Amy Ben Carl Dan Eve Fay Gus Hal Ian Joy Kim Leo Max\n"
    "Ned Olga Pam Quinn Roy Sue Tom Uma Vic Wes Xan Yul Zoe\n"
    "0123456789 !\"#$%&'()*+,-./ :;<=>?@ [\\]^_` {|}~"
)
OWN_WORDS = (
    "My face was drawn, and my voice belongs to a program. Please put the blue book by the big"
    " brown box. You may move my lips to any other words: each mouth will be mine."
)
OTHER_WORDS = (
    "Every mouth that you see was drawn. A network has heard these words, and says which mouth"
    " comes when."
)
SHOWN = ("road", "farmer", "pumpkins", "church")


def pairs(names: tuple[str, ...], height: int) -> Picture.Image:
    """Put samples side by side, grey above and colored below."""
    columns = []
    for name in names:
        photo = Image.open(SAMPLES / f"{name}.jpg")
        both = np.concatenate([photo.pixels, colorize(photo).pixels])
        width = round(both.shape[1] * 2 * height / both.shape[0])
        columns.append(np.asarray(Picture.fromarray(both).resize((width, 2 * height))))
    return Picture.fromarray(np.concatenate(columns, axis=1))


def beside_truth(height: int) -> Picture.Image:
    """Put samples side by side, colored from grey above, their true colors below."""
    columns = []
    for file in sorted(SAMPLES.glob("*-color.jpg")):
        truth = Image.open(file)
        made = colorize(Image(to_grayscale(np.asarray(truth.pixels))))
        both = np.concatenate([made.pixels, truth.pixels])
        width = round(both.shape[1] * 2 * height / both.shape[0])
        columns.append(np.asarray(Picture.fromarray(both).resize((width, 2 * height))))
    return Picture.fromarray(np.concatenate(columns, axis=1))


def sheet(archive: Path, n_columns: int, side: int) -> Picture.Image:
    """Color every photograph of an archive and lay them out on one sheet."""
    made = []
    with zipfile.ZipFile(archive) as file:
        for name in sorted(name for name in file.namelist() if name.endswith(".jpg")):
            with Picture.open(io.BytesIO(file.read(name))) as picture:
                grey = np.asarray(picture.convert("RGB"))
            made.append(colorize(Image(grey)).thumbnail(side - 4).pixels)
    n_rows = -(-len(made) // n_columns)
    whole = Picture.new("RGB", (n_columns * side, n_rows * side), "white")
    for i, pixels in enumerate(made):
        whole.paste(Picture.fromarray(pixels), (i % n_columns * side, i // n_columns * side))
    return whole


def synapses() -> Picture.Image:
    """Show what the synapses of ten neurons learned by each of the four rules, a row a rule."""
    data = digits()
    rows = []
    for name, learn in RULES.items():
        pictures = learn(data.x_train, data.y_train, 0).pictures
        chosen = pictures[np.linspace(0, len(pictures) - 1, 10).astype(int)]
        tiles = [
            np.pad(weight_image(weights)[::2, ::2], ((4, 4), (4, 4), (0, 0)), constant_values=255)
            for weights in chosen
        ]
        label = Picture.new("RGB", (110, tiles[0].shape[0]), "white")
        ImageDraw.Draw(label).text((8, 34), name, "black", font_size=20)
        rows.append(np.concatenate([np.asarray(label), *tiles], axis=1))
    return Picture.fromarray(np.concatenate(rows))


def letter(dots: float) -> Picture.Image:
    """Write a letter, `dots` pixels a mm."""
    done = handwrite(LETTER, style=Style.parse("ada"), seed=1)
    assert isinstance(done, HandwritingResult)
    return Picture.fromarray(done.drawing.image(dots=dots).pixels)


def hands(dots: float) -> Picture.Image:
    """Write capitals, digits and symbols in every named style, its name beside it."""
    return stack([(name, write_in(name, ALL, dots)) for name in shipped_styles()["named"]])


def field(dots: float) -> Picture.Image:
    """Write what people really write, ten lines in every named style, as they come out."""
    lines, names = evaluation.field(), list(shipped_styles()["named"])
    texts = ["\n".join(lines[n :: len(names)]) for n in range(len(names))]
    blocks = [(name, write_in(name, text, dots)) for name, text in zip(names, texts, strict=True)]
    columns = [stack(blocks[n::3]) for n in range(3)]
    whole = Picture.new(
        "RGB", (sum(c.width for c in columns), max(c.height for c in columns)), "white"
    )
    left = 0
    for column in columns:
        whole.paste(column, (left, 0))
        left += column.width
    return whole


def write_in(name: str, text: str, dots: float) -> Picture.Image:
    """Write a text in a named style."""
    done = handwrite(text, style=Style.parse(name))
    assert isinstance(done, HandwritingResult)
    return Picture.fromarray(done.drawing.image(dots=dots).pixels)


def stack(rows: list[tuple[str, Picture.Image]]) -> Picture.Image:
    """Put pictures one below the other, their names beside them."""
    width = 90 + max(picture.width for _, picture in rows)
    whole = Picture.new("RGB", (width, sum(picture.height for _, picture in rows)), "white")
    top = 0
    for name, picture in rows:
        ImageDraw.Draw(whole).text((8, top + picture.height // 2), name, "gray", font_size=18)
        whole.paste(picture, (90, top))
        top += picture.height
    return whole


def told() -> Picture.Image:
    """Say what the samples show, the failures too, on a contact sheet."""
    with tempfile.TemporaryDirectory() as folder:
        for path in SAMPLES.glob("*.jpg"):
            shutil.copy(path, folder)
        return Picture.fromarray(classify.sheet(PhotoFolder.open(Path(folder))).picture.pixels)


def why_a_cat() -> Picture.Image:
    """Paint what moves the neuron for cats in the sample of one."""
    photo = Image.open(SAMPLES / "cat-color.jpg")
    probe = classify.probe(photo, label=ClassName("cat"), classes="ten")
    opened = walk.walk_back(graph.load_graph(probe.network), probe, depth=1)
    both = np.concatenate([photo.pixels, saliency.overlay(opened).pixels], axis=1)
    return Picture.fromarray(both)


def menu() -> Picture.Image:
    """Show the menu of 1944 and its translation, side by side."""
    made = translate(Image.open(SAMPLES / "menu.webp"), to="en", comparison=True).comparison
    assert made
    return Picture.fromarray(made.thumbnail(1200).pixels)


def person_and_speech(folder: Path) -> None:
    """Draw a face that speaks by one voice of flite, and let another one say something else."""
    path = folder / "voice.wav"
    told = voices.call_flite(OWN_WORDS, "rms", path)
    own = Audio.open(path)
    phones = voices.name_steps(told, round(own.seconds * STEPS_PER_SECOND))
    write_person(SAMPLES / "person.mp4", own, [CUE_OF_PHONE[PHONES[n]] for n in phones])
    voices.call_flite(OTHER_WORDS, "slt", path)
    Audio.open(path).save(SAMPLES / "speech.opus", quality=60)


def dubbed() -> Picture.Image:
    """Show the mouths of the drawn face at moments of the speech, below its sound."""
    speech = Audio.open(SAMPLES / "speech.opus")
    made = lipsync(Film.open(SAMPLES / "person.mp4"), speech)
    frames = [frame.pixels for frame in made.film.frames()]
    moments = np.arange(4, 34, 3)
    faces = np.concatenate([frames[k][60:310, 230:410] for k in moments], axis=1)
    whole = Picture.new("RGB", (faces.shape[1], faces.shape[0] + 120), "white")
    draw, wide = ImageDraw.Draw(whole), faces.shape[1] / len(moments)
    per_pixel = 3 / 25 * speech.rate / wide
    start = (moments[0] + 0.5) / 25 * speech.rate - wide / 2 * per_pixel
    for x in range(whole.width):
        part = speech.samples[int(start + x * per_pixel) : int(start + (x + 1) * per_pixel)]
        high = float(np.abs(part).max(initial=0)) * 75
        draw.line((x, 60 - high, x, 60 + high), fill="#4a5a8a")
    for n in range(len(moments)):
        draw.line(((n + 0.5) * wide, 8, (n + 0.5) * wide, 118), fill="#b25454", width=2)
    whole.paste(Picture.fromarray(faces), (0, 120))
    return whole.resize((whole.width * 2 // 3, whole.height * 2 // 3), Picture.Resampling.LANCZOS)


def horse() -> Picture.Image:
    """Show what a horse of 1878 sounds like: frames at the cues, waveform and spectrogram."""
    film = Film.open(SAMPLES / "horse.mp4")
    sheet = foley.render(film, foley(film, threshold=0.4).cues, sheet=True).sheet
    assert sheet, "it was asked for"
    return Picture.fromarray(sheet.pixels)


def driven(seed: int) -> DriveFilm:
    """Drive a track."""
    film = drive(seed=seed).film
    assert film
    return film


def beginning(film: DriveFilm, steps: int) -> DriveFilm:
    """Cut the first steps of a drive."""
    (taped,) = film.drives
    lap = replace(taped.lap, instants=taped.lap.instants[:steps])
    return replace(film, drives=(replace(taped, lap=lap),))


def moments(film: DriveFilm) -> Picture.Image:
    """Show four moments of a drive: the sharpest turns, the hardest braking, the highest speed."""
    (taped,) = film.drives
    frames = [frame.pixels for frame in film.frames()]
    instants = taped.lap.instants[FPS:]  # in the first second the camera comes down
    chosen = (
        min(instants, key=lambda i: i.steering),
        max(instants, key=lambda i: i.steering),
        max(instants, key=lambda i: i.brake),
        max(instants, key=lambda i: i.speed),
    )
    whole = Picture.new("RGB", (960, 720))
    for n, instant in enumerate(chosen):
        frame = Picture.fromarray(frames[instant.step]).resize((480, 360))
        whole.paste(frame, (n % 2 * 480, n // 2 * 360))
    return whole


if __name__ == "__main__":
    pairs(SHOWN, 200).save(DOCS / "colorize.jpg", quality=88, optimize=True)
    beside_truth(200).save(DOCS / "true-colors.jpg", quality=88, optimize=True)
    letter(8).save(DOCS / "letter.png", optimize=True)
    field(4).quantize(16).save(DOCS / "field.png", optimize=True)
    hands(5).quantize(32).save(DOCS / "hands.png", optimize=True)
    told().save(DOCS / "classify.jpg", quality=85, optimize=True)
    why_a_cat().save(DOCS / "cat.jpg", quality=85, optimize=True)
    menu().save(DOCS / "menu.jpg", quality=85, optimize=True)
    if shutil.which(voices.PROGRAM):
        with tempfile.TemporaryDirectory() as folder:
            person_and_speech(Path(folder))
    dubbed().quantize(128).save(DOCS / "lipsync.png", optimize=True)
    horse().quantize(128).save(DOCS / "foley.png", optimize=True)
    synapses().save(DOCS / "synapses.png", optimize=True)
    biological_view.compare(LIVING, seed=0)[1].thumbnail(1100).save(DOCS / "living.png")
    lap = driven(1000)
    moments(lap).save(DOCS / "driving.png", optimize=True)
    beginning(lap, 400).save(SAMPLE, quality=60)
    if sys.argv[1:]:
        sheet(Path(sys.argv[1]), 10, 150).save(
            DOCS / "old-photographs.jpg", quality=82, optimize=True
        )
