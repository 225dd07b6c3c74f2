"""Those beside whom the application is measured: readers of pictures, and translators.

RapidOCR (Apache-2.0, models in its wheel), Tesseract (Debian), Apertium (Debian), word for word.
What is not installed is left out: each function here gives None then. Debian's packages are
apertium with apertium-eng-spa and apertium-fr-es, and those of PACKAGES.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal
from zipfile import ZipFile

import numpy as np
from PIL import Image

from neuropil.apps.translate.lab.data import NOTE, Direction, read_rows
from neuropil.apps.translate.lab.measuring import FoundLine
from neuropil.apps.translate.lines import Pixels

Version = Literal["rapidocr_v6", "rapidocr_v4"]
VERSIONS: tuple[Version, ...] = ("rapidocr_v6", "rapidocr_v4")
ReadScene = Callable[[Pixels], list[FoundLine]]
ReadCrop = Callable[[Pixels], str]
LEAST_SURE = 30.0  # of Tesseract's words, 0..100
LOWEST_CROP = 48  # pixels; Tesseract wants letters of 30 pixels and more
TESSERACT_LANGUAGES = "eng+deu+fra+spa"
PACKAGES = "tesseract-ocr tesseract-ocr-deu tesseract-ocr-fra tesseract-ocr-spa"
APERTIUM = {  # Debian has no English with French: it goes by way of Spanish
    ("en", "es"): ("eng-spa",),
    ("es", "en"): ("spa-eng",),
    ("en", "fr"): ("eng-spa", "es-fr"),
    ("fr", "en"): ("fr-es", "spa-eng"),
}
PIECE = re.compile(r"\w+(?:['’]\w+)*|\W+")


def readers(threads: int) -> dict[str, tuple[ReadScene, ReadCrop]]:
    """Give all readers that are installed: of scenes, and of crops of one word."""
    found: dict[str, tuple[ReadScene, ReadCrop]] = {}
    for version in VERSIONS:
        engine = rapidocr(version, threads)
        if engine:
            found[version] = engine
    if shutil.which("tesseract"):
        found["tesseract"] = tesseract_scene, tesseract_crop
    return found


# --- RapidOCR -----------------------------------------------------------------------------------


def rapidocr(version: Version, threads: int) -> tuple[ReadScene, ReadCrop] | None:
    """Open RapidOCR as its package ships it; None where it is not installed."""
    package = "rapidocr" if version == "rapidocr_v6" else "rapidocr_onnxruntime"
    if importlib.util.find_spec(package) is None:
        return None
    answer = answer_v6(threads) if version == "rapidocr_v6" else answer_v4(threads)

    def scene(pixels: Pixels) -> list[FoundLine]:
        return [FoundLine(np.array(box, np.float64), text) for box, text in answer(pixels, False)]

    def crop(pixels: Pixels) -> str:
        return " ".join(text for _, text in answer(pixels, True))

    return scene, crop


Answer = Callable[[Pixels, bool], list[tuple[Any, str]]]  # pixels, whether it is one word


def open_v6(threads: int) -> Any:
    """Open the models of PP-OCRv6."""
    from rapidocr import RapidOCR

    options = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": threads for kind in KINDS}
    return RapidOCR(params={**options, "Global.log_level": "error"})


def answer_v6(threads: int) -> Answer:
    """Ask PP-OCRv6 for quads and texts."""
    engine = open_v6(threads)

    def answer(pixels: Pixels, is_crop: bool) -> list[tuple[Any, str]]:
        told = engine(pixels[:, :, ::-1], **(CROP if is_crop else SCENE))
        texts = [*(told.txts or ())]
        boxes = [None] * len(texts) if is_crop or told.boxes is None else [*told.boxes]
        return [*zip(boxes, texts, strict=True)]

    return answer


def answer_v4(threads: int) -> Answer:
    """Open the models of PP-OCRv4."""
    from rapidocr_onnxruntime import RapidOCR

    engine: Any = RapidOCR(intra_op_num_threads=threads, inter_op_num_threads=threads)

    def answer(pixels: Pixels, is_crop: bool) -> list[tuple[Any, str]]:
        told, _ = engine(np.ascontiguousarray(pixels[:, :, ::-1]), **(CROP if is_crop else SCENE))
        if is_crop:
            return [(None, item[0]) for item in told or []]
        return [(item[0], item[1]) for item in told or []]

    return answer


KINDS = ("intra", "inter")
CROP = {"use_det": False, "use_cls": False, "use_rec": True}
SCENE = {
    "use_det": True,
    "use_cls": True,
    "use_rec": True,
}  # said each time: an engine remembers what it was last told

# --- Tesseract ----------------------------------------------------------------------------------


def tesseract_scene(pixels: Pixels) -> list[FoundLine]:
    """Read a picture by Tesseract, as sparse text; its words of a line are put together."""
    table = run_tesseract(Image.fromarray(pixels), "11", "tsv")
    lines: dict[tuple[str, ...], list[list[str]]] = {}
    for row in table.splitlines()[1:]:
        cells = row.split("\t")
        is_word = len(cells) == 12 and cells[0] == "5" and cells[11].strip()
        if is_word and float(cells[10]) >= LEAST_SURE:
            lines.setdefault(tuple(cells[1:5]), []).append(cells)
    return [join_words(words) for words in lines.values()]


def join_words(words: Sequence[Sequence[str]]) -> FoundLine:
    """Make a line of words of Tesseract's table."""
    boxes = np.array([[int(cell) for cell in word[6:10]] for word in words], np.float64)
    left, top = boxes[:, 0].min(), boxes[:, 1].min()
    right, bottom = (boxes[:, 0] + boxes[:, 2]).max(), (boxes[:, 1] + boxes[:, 3]).max()
    corners = [[left, top], [right, top], [right, bottom], [left, bottom]]
    return FoundLine(np.array(corners), " ".join(word[11] for word in words))


def tesseract_crop(pixels: Pixels) -> str:
    """Read a crop of one word by Tesseract."""
    image = Image.fromarray(pixels)
    if image.height < LOWEST_CROP:
        width = max(1, image.width * LOWEST_CROP // image.height)
        image = image.resize((width, LOWEST_CROP), Image.Resampling.LANCZOS)
    return " ".join(run_tesseract(image, "8").split())


def run_tesseract(image: Image.Image, mode: str, *form: str) -> str:
    """Run Tesseract on a picture and give what it prints."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "picture.png")
        image.save(path)
        command = ["tesseract", str(path), "-", "-l", TESSERACT_LANGUAGES, "--psm", mode, *form]
        limits = {**os.environ, "OMP_THREAD_LIMIT": "2"}
        return subprocess.run(
            command, capture_output=True, text=True, env=limits, check=True
        ).stdout


# --- translators --------------------------------------------------------------------------------


def apertium(
    direction: Direction,
) -> Callable[[Sequence[str], str, str | None], list[str]] | None:
    """Translate by Apertium; None for a direction of which it, or a package of its, is missing."""
    if not {*APERTIUM.get(direction, [""])} <= apertium_pairs():
        return None

    def translate(texts: Sequence[str], to: str, from_: str | None) -> list[str]:
        made = [*texts]
        for pair in APERTIUM[direction]:
            command = ["apertium", "-n", "-u", pair]
            said = subprocess.run(
                command, input="\n\n".join(made), capture_output=True, text=True, check=True
            ).stdout
            made = [text.strip() for text in said.split("\n\n")]
        return made

    return translate


@cache
def apertium_pairs() -> frozenset[str]:
    """List the pairs of languages that are installed."""
    if not shutil.which("apertium"):
        return frozenset()
    said = subprocess.run(["apertium", "-l"], capture_output=True, text=True, check=False)
    return frozenset(said.stdout.split())


@cache
def word_table(path: Path, direction: Direction) -> Mapping[str, str]:
    """Make the dictionary of a direction: the first translation of the first entry of a word.

    There is no list of German words: the English one is turned round.
    """
    source, target = direction
    table: dict[str, str] = {}
    with ZipFile(path) as archive:
        is_turned = direction == ("de", "en")
        name = f"words.{target}-{source}.tsv" if is_turned else f"words.{source}-{target}.tsv"
        rows = [row for row in read_rows(archive, name) if len(row) >= 4]
    for row in rows:
        others = [word for part in row[3].split(";") if (word := NOTE.sub("", part).strip())]
        if is_turned:
            for word in others:
                table.setdefault(word.lower(), row[0])
        elif others:
            table.setdefault(row[0].lower(), others[0])
    return table


def word_for_word(text: str, table: Mapping[str, str]) -> str:
    """Put the first translation of each word in its place; unknown words stay."""
    pieces = [table.get(piece.lower(), piece) for piece in PIECE.findall(text)]
    made = "".join(pieces)
    return made[:1].upper() + made[1:]
