"""Labeled photographs that anyone can fetch, and the words that are right for each.

    DIR/101_ObjectCategories    Caltech-101 (Fei-Fei et al. 2004): how sure the eye may be
    DIR/PACS/photo              PACS (Li et al. 2017), the photographs: how right it is
    DIR/imagenet-sample-images  one photograph of each of the thousand classes
    DIR/intel/test              Intel's scenes, for classes of one's own, with PACS
    DIR/old-photos.zip          photographs of 1935-45, of which `fsa.tsv` lists some by eye

`caltech101.tsv` says which words of the eye are right for a folder of Caltech-101, names or coarser
words, or that none is; folders that people would argue about are left out.
"""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from neuropil.apps.classify.prediction import NONE
from neuropil.eye.network import classes
from neuropil.eye.samples import find_samples
from neuropil.kit.errors import UserError
from neuropil.kit.media.image import Image

CALTECH = Path(__file__).with_name("caltech101.tsv")
OLD = Path(__file__).with_name("fsa.tsv")
ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
PACS = {  # folder -> the word that is right; people, giraffes and houses are not of the thousand
    "dog": "dog",
    "elephant": "elephant",
    "guitar": "guitar",
    "horse": "horse",
    "giraffe": NONE,
    "house": NONE,
    "person": NONE,
}


@dataclass(frozen=True)
class LabeledPhoto:
    """A file, the folder of its class, and the numbers of the classes that are right, if any."""

    file: Path
    folder: str
    right: tuple[int, ...]


def caltech(data: Path, most: int) -> list[LabeledPhoto]:
    """List photographs of Caltech-101, so many of a folder at most."""
    with CALTECH.open(encoding="utf-8", newline="") as file:
        words = {row["folder"]: row["shows"] for row in csv.DictReader(file, delimiter="\t")}
    return list(labeled(data / "101_ObjectCategories", words, most))


def pacs(data: Path, most: int) -> list[LabeledPhoto]:
    """List photographs of PACS."""
    return list(labeled(data / "PACS" / "photo", PACS, most))


def samples(data: Path) -> list[LabeledPhoto]:
    """List the photographs of ImageNet's classes, in their order."""
    files = find_samples(data / "imagenet-sample-images")
    return [LabeledPhoto(file, file.stem, (k,)) for k, file in enumerate(files)]


def old(data: Path) -> Iterator[tuple[LabeledPhoto, Image]]:
    """Read the old photographs that are listed, and the classes that are right for each."""
    archive = data / "old-photos.zip"
    require(archive.is_file(), archive, "photographs")
    with OLD.open(encoding="utf-8", newline="") as file, zipfile.ZipFile(archive) as photos:
        for row in csv.DictReader(file, delimiter="\t"):
            name = Path(f"{row['photo']}.jpg")
            pixels = Picture.open(io.BytesIO(photos.read(name.name))).convert("RGB")
            yield (
                LabeledPhoto(name, name.stem, find_classes(row["shows"])),
                Image(np.asarray(pixels)),
            )


def labeled(root: Path, words: dict[str, str], most: int) -> Iterator[LabeledPhoto]:
    """List photographs of folders, by the words that are right for each."""
    for folder, text in words.items():
        right = find_classes(text)
        files = evenly(root / folder, most)
        require(bool(files), root / folder, "photographs")
        yield from (LabeledPhoto(file, folder, right) for file in files)


def find_classes(text: str) -> tuple[int, ...]:
    """Find the numbers of classes by names or coarser words, `car, grille`; none of `none`."""
    words = text.split(", ")
    return tuple(k for k, each in enumerate(classes()) if {each.name, each.group} & {*words})


def evenly(folder: Path, most: int) -> list[Path]:
    """List the pictures of a folder by name, so many at most, evenly spread."""
    files = sorted(f for f in folder.glob("*") if f.suffix.lower() in ENDINGS)
    return [files[len(files) * i // most] for i in range(most)] if len(files) > most else files


def require(there: bool, folder: Path, what: str) -> None:
    """Raise UserError where a folder doesn't hold what it should."""
    if not there:
        raise UserError(
            "data.missing", f"{folder} has no {what}; the card says where to get it", path=folder
        )


def right_matrix(photos: Sequence[LabeledPhoto]) -> NDArray[np.bool_]:
    """Tell which classes are right for which photograph: (N, K)."""
    made = np.zeros((len(photos), len(classes())), bool)
    for row, photo in zip(made, photos, strict=True):
        row[list(photo.right)] = True
    return made
