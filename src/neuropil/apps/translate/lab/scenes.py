"""Real pictures with text: scenes whose texts have quads, and words that were cut out of some.

    scenes = read_scenes(data, "train")
    scenes[0].items[0].quad             # (4, 2), pixels, clockwise from the text's upper left
    words = read_words(data, "train")

DIR has `scenes.jsonl` with `scenes-SOURCE.zip`, and `words.tsv` with `words.zip`. Every figure is
of the split `test`, which no training may read.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any, Literal
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from neuropil.apps.translate.lab.data import MOST_BYTES, find_file
from neuropil.apps.translate.lines import Pixels
from neuropil.kit.bounded import check_unpacked, read_bytes
from neuropil.kit.errors import UserError

PHOTOS = "photos-0.zip"
TAUGHT_SCENES = "taught-scenes.jsonl"  # with an archive beside it: what `--stage teach` has written
MOST_BYTES_OF_PICTURES = 2_000_000_000  # of an archive, unpacked

Part = Literal["train", "test"]


@dataclass(frozen=True, eq=False)
class Item:
    """A text in a scene: its quad, what it says, or that it is not to be counted."""

    quad: NDArray[np.float64]  # (4, 2)
    text: str
    is_ignored: bool
    unit: Literal["word", "line"]


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture, as it lies in its archive, and the texts in it."""

    file: str
    source: str
    photo: str  # of which it may be one of several cuts
    items: tuple[Item, ...]
    encoded: bytes

    @cached_property
    def pixels(self) -> Pixels:
        """Decode the picture, (H, W, 3)."""
        return decode_picture(self.encoded, self.file)


@dataclass(frozen=True, eq=False)
class WordCrop:
    """A word that was cut out upright; `scene` is of which picture, or of which group of them."""

    file: str
    text: str
    source: str
    scene: str
    pixels: Pixels


def read_scenes(data: Path, split: Part) -> list[Scene]:
    """Read the scenes of a split; raises UserError where a file is missing or damaged."""
    path, chosen = read_rows(data, split)
    try:
        sources = {row["source"] for row in chosen}
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(path, error) from error
    files = {source: read_archive(path.with_name(f"scenes-{source}.zip")) for source in sources}
    try:
        return [make_scene(row, files[row["source"]][row["file"]]) for row in chosen]
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(path, error) from error


def read_taught_scenes(data: Path) -> list[Scene]:
    """Read the scenes that a teacher has read; none where DIR has no such file."""
    if not any((place / TAUGHT_SCENES).is_file() for place in places(data)):
        return []
    path, rows = read_rows(data, "train", TAUGHT_SCENES)
    files = read_archive(path.with_suffix(".zip"))
    try:
        return [make_scene(row, files[row["file"]]) for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(path, error) from error


def read_rows(
    data: Path, split: Part, name: str = "scenes.jsonl"
) -> tuple[Path, list[dict[str, Any]]]:
    """Read what a file tells of the scenes of a split, and give its path, too."""
    path = find_file(name, places(data))
    lines = read_bytes(path, MOST_BYTES, "name the folder of the data by --data").decode("utf-8")
    try:
        rows = [json.loads(line) for line in lines.splitlines()]
        return path, [row for row in rows if row["split"] == split]
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(path, error) from error


def make_scene(row: Mapping[str, Any], encoded: bytes) -> Scene:
    """Make a scene of a line of scenes.jsonl."""
    items = tuple(
        Item(np.array(item["quad"], np.float64), item["text"], item["ignore"], item["unit"])
        for item in row["items"]
    )
    return Scene(row["file"], row["source"], row["photo"], items, encoded)


def read_words(data: Path, split: Part) -> list[WordCrop]:
    """Read the word crops of a split; raises UserError where a file is missing or damaged.

    Of the test split those alone that are also published as test.
    """
    path = find_file("words.tsv", places(data))
    pictures = read_archive(path.with_name("words.zip"))
    rows = read_table(path)
    try:
        return [
            WordCrop(
                row["file"],
                row["text"],
                row["source"],
                row["scene"] or row["file"].rpartition("_")[0],
                decode_picture(pictures[row["file"]], row["file"]),
            )
            for row in rows
            if row["split"] == split and split in ("train", row["official"])
        ]
    except KeyError as error:
        raise damaged(path, error) from error


def read_table(path: Path) -> list[dict[str, str]]:
    """Read the rows of a table, by the names in its head; raises UserError for a damaged one."""
    raw = read_bytes(path, MOST_BYTES, "name the folder of the data by --data")
    try:
        lines = raw.decode("utf-8-sig").split("\n")  # not splitlines(): a text may hold any sign
        # quotes are data
        return [*csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE, restval="")]
    except (UnicodeDecodeError, csv.Error) as error:
        raise damaged(path, error) from error


def read_photos(data: Path, most: int) -> list[Pixels]:
    """Read photographs to write on, evenly out of the archive, at most so many."""
    files = read_archive(find_file(PHOTOS, (data, data.parent)))
    pictures = [name for name in sorted(files) if not name.endswith("/")]
    return [
        decode_picture(files[name], name) for name in pictures[:: max(1, len(pictures) // most)]
    ][:most]


def places(data: Path) -> tuple[Path, Path]:
    """List the folders in which files of this application are sought."""
    return data, data / "translate"


def read_archive(path: Path) -> dict[str, bytes]:
    """Read all files of an archive, by name; raises UserError where it is missing or damaged."""
    find_file(path.name, (path.parent,))
    try:
        with ZipFile(path) as archive:
            check_unpacked(archive, MOST_BYTES_OF_PICTURES, "name the folder by --data")
            return dict(read_members(archive))
    except (BadZipFile, OSError, EOFError) as error:
        raise damaged(path, error) from error


def read_members(archive: ZipFile) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of every file."""
    for name in archive.namelist():
        yield name, archive.read(name)


def decode_picture(encoded: bytes, name: str) -> Pixels:
    """Decode a picture to (H, W, 3), 0..255; raises UserError where it is damaged."""
    try:
        return np.asarray(Image.open(BytesIO(encoded)).convert("RGB"))
    except (OSError, UnidentifiedImageError) as error:
        raise damaged(Path(name), error) from error


def damaged(path: Path, error: Exception) -> UserError:
    """Word that a file of the data is not as it should be."""
    words = f"{path} is damaged, or lacks something ({error}); find a whole copy"
    return UserError("input.damaged", words, path=path)
