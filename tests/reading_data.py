"""A folder of data as the recipes of detector and reader read it, of a few made-up pictures."""

import json
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw
from translate_data import write_data

from neuropil.apps.translate.alphabet import SCRIPTS
from neuropil.apps.translate.lab.fonts import Font, Fonts, examine
from neuropil.apps.translate.lab.scripts import Scripts

WORDS = {"en": "bread", "de": "Brot", "fr": "pâté", "es": "niño"}
QUAD = [[20, 30], [120, 30], [120, 54], [20, 54]]
N_SCENES = 24  # so that one of them at least is held out


@cache
def plain_fonts() -> Fonts:
    """Take the fonts that come with matplotlib, which the extra [train] brings."""
    folder = Path(mpl.get_data_path(), "fonts", "ttf")
    names = ("DejaVuSans.ttf", "DejaVuSerif.ttf", "DejaVuSansMono.ttf")
    return Fonts(tuple(plain_font(folder / name) for name in names))


def plain_font(path: Path) -> Font:
    font = examine(path)
    assert font is not None
    return font


def plain_scripts() -> Scripts:
    """Write every script in the same fonts, whether they have its letters or not."""
    return Scripts(dict.fromkeys(SCRIPTS, plain_fonts()))


def write_reading_data(folder: Path) -> Path:
    """Write texts, photographs, scenes and words into a folder, and return it."""
    write_data(folder)
    with ZipFile(folder / "parallel.zip", "a") as archive:
        for language, word in WORDS.items():
            archive.writestr(f"frequency.{language}.txt", f"{word} 90\n{word}s 40\n")
    rng = np.random.default_rng(0)
    noise = rng.integers(256, size=(9, 96, 96, 3), dtype=np.uint8)
    write_archive(folder / "photos-0.zip", {f"a/{i}.webp": each for i, each in enumerate(noise)})
    scenes = {f"menu/{i}.webp": draw_scene() for i in range(N_SCENES)}
    write_archive(folder / "scenes-menu.zip", scenes)
    rows = [json.dumps(describe(file)) for file in scenes]
    (folder / "scenes.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    write_words(folder)
    return folder


def write_words(folder: Path) -> None:
    files = [f"iiit5k/train_{i}_1.webp" for i in range(N_SCENES)]
    write_archive(folder / "words.zip", {f: draw_scene()[28:56, 18:122] for f in files})
    head = "file\ttext\tsource\tofficial\tsplit\tscene\n"
    rows = [f'{file}\t"Bar\tiiit5k\ttrain\ttrain\t\n' for file in files]
    rows.append(f"{files[0]}\tBar\tiiit5k\ttrain\ttest\t\n")
    (folder / "words.tsv").write_text(head + "".join(rows), encoding="utf-8")


def draw_scene() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Draw a word on grey, in about the quad QUAD."""
    image = Image.new("RGB", (200, 160), (90, 110, 120))
    font = plain_fonts().every[0].load(28)
    ImageDraw.Draw(image).text((20, 25), "Menü 7", font=font, fill=(250, 240, 230))
    return np.asarray(image)


def describe(file: str) -> dict[str, object]:
    item = {"quad": QUAD, "text": "Menü 7", "ignore": False, "unit": "line"}
    ignored = {"quad": [[0, 100], [50, 100], [50, 120], [0, 120]], "text": "", "ignore": True}
    split = "test" if file == "menu/0.webp" else "train"
    return {
        "file": file,
        "source": "menu",
        "photo": file.removesuffix(".webp"),
        "split": split,
        "items": [item, {**ignored, "unit": "line"}],
    }


def write_archive(
    path: Path, pictures: Mapping[str, np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]
) -> None:
    with ZipFile(path, "w") as archive:
        for name, pixels in pictures.items():
            file = BytesIO()
            Image.fromarray(pixels).save(file, "WEBP", lossless=True)
            archive.writestr(name, file.getvalue())
