"""A folder of pictures sorted into classes: one folder inside it for each class.

    flowers/rose/1.jpg  flowers/rose/2.jpg ...  flowers/tulip/1.jpg ...
    Album.open(Path("flowers")).classes["rose"]

Pictures are kept at no more than SIDE pixels, so that thousands fit into memory.
"""

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

from neuropil.kit import progress, reading
from neuropil.kit.between import MAX_PIXELS
from neuropil.kit.image import Image
from neuropil.kit.problem import Problem
from neuropil.kit.weights import cores

SIDE = 256  # pixels
FEWEST = 5  # pictures of a class
FORM = "one folder for each class, with 5 pictures or more in each"


@dataclass(frozen=True, eq=False)
class Album:
    """Pictures by the name of their class, in alphabetical order."""

    form: ClassVar[str] = "FOLDER"

    classes: Mapping[str, Sequence[Image]]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Open the folder of that name."""
        return cls.open(Path(text))

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read all pictures; raises Problem where they are no classes to tell apart."""
        if not folder.is_dir():
            raise Problem(f"there is no folder {folder}; name one that holds {FORM}")
        files = {name: found for name, found in sorted(_classes(folder).items()) if found}
        _check(folder, files)
        every = [path for found in files.values() for path in found]
        with ThreadPoolExecutor(cores()) as threads:  # decoding lets go of the interpreter
            small = progress.track(
                threads.map(_small, every), total=len(every), title=f"reading {folder}"
            )
            opened = dict(zip(every, small, strict=True))
        kept = _each_once(files, opened)
        _check(folder, kept)
        return cls({name: [opened[path] for path in found] for name, found in kept.items()})


def _classes(folder: Path) -> dict[str, list[Path]]:
    """Find the pictures of every folder inside `folder`, also those further down."""
    return {
        inner.name: sorted(
            path
            for path in inner.rglob("*")
            if path.suffix.lower() in reading.SUFFIXES and not path.name.startswith(".")
        )
        for inner in folder.iterdir()
        if inner.is_dir() and not inner.name.startswith(".")
    }


def _check(folder: Path, files: Mapping[str, Sequence[Path]]) -> None:
    """Raise Problem where there are fewer than two classes, or one has too few pictures."""
    if len(files) < 2:
        held = f"pictures of one class only, {next(iter(files))}" if files else "no such folders"
        raise Problem(f"{folder} holds {held}; to tell classes apart it takes {FORM}")
    for name, found in files.items():
        if len(found) < FEWEST:
            count = f"{len(found)} picture{'s' * (len(found) > 1)}"
            raise Problem(f"{folder / name} holds {count}, and {FEWEST} is the fewest; add some")


def _small(path: Path) -> Image:
    """Read one picture and reduce it."""
    return Image(*reading.read(path, MAX_PIXELS)).thumbnail(SIDE)


def _each_once(
    files: Mapping[str, Sequence[Path]], opened: Mapping[Path, Image]
) -> dict[str, list[Path]]:
    """Leave out copies within a class; raises Problem where a picture is in two."""
    first: dict[str, tuple[str, Path]] = {}
    kept: dict[str, list[Path]] = {name: [] for name in files}
    copies = 0
    for name, found in files.items():
        for path in found:
            bytes_ = hashlib.sha256(opened[path].pixels.tobytes()).hexdigest()
            other, where = first.setdefault(bytes_, (name, path))
            if other != name:
                raise Problem(f"{where} and {path} are the same picture in two classes; drop one")
            if where == path:
                kept[name].append(path)
            copies += where != path
    if copies:
        progress.say(f"{copies} pictures are there twice in their class and count once")
    return kept
