"""A folder of pictures sorted into classes: one folder inside it for each class.

    flowers/rose/1.jpg  flowers/rose/2.jpg ...  flowers/tulip/1.jpg ...
    ImageFolder.open(Path("flowers")).classes["rose"]

Pictures are kept at no more than SIDE pixels, so that thousands fit into memory.
"""

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Self

from neuropil.kit import progress
from neuropil.kit.cpu import cores
from neuropil.kit.errors import UserError
from neuropil.kit.folders import list_files
from neuropil.kit.formats import MAX_PIXELS
from neuropil.kit.media import image_reader
from neuropil.kit.media.image import Image

SIDE = 256  # pixels
MIN_IMAGES = 5  # pictures of a class
MAX_LISTED = 5  # files that are named at once
CONFUSION = "-confusion"  # ends the name of the matrix that is drawn beside a taught network
LAYOUT = f"one folder for each class, with {MIN_IMAGES} pictures or more in each"


@dataclass(frozen=True, eq=False)
class ImageFolder:
    """Pictures by the name of their class; `files` are theirs, where they were read from files."""

    KIND: ClassVar = "image-folder"
    SUFFIXES: ClassVar[tuple[str, ...]] = ()
    READS: ClassVar[tuple[str, ...]] = ()
    IS_FOLDER: ClassVar = True

    classes: Mapping[str, Sequence[Image]]
    files: Mapping[str, Sequence[Path]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _require_names_apart(list(self.classes))
        if len(self.classes) < 2:
            names = ", ".join(self.classes) or "none"
            raise UserError(
                "input.content", f"to tell classes apart it takes two or more; given: {names}"
            )
        for name, its in self.classes.items():
            if len(its) < MIN_IMAGES:
                count = f"{len(its)} different picture{'s' * (len(its) != 1)}"
                raise UserError(
                    "input.content",
                    f"the class {name} has {count}; {MIN_IMAGES} is the fewest, add some",
                    name=name,
                )

    @property
    def labels_of_images(self) -> list[str]:
        """Name every picture, class by class: its file, or its number among its class."""
        return [
            str(self.files[name][i]) if self.files else f"number {i + 1} of {name}"
            for name, its in self.classes.items()
            for i in range(len(its))
        ]

    @classmethod
    def open(cls, folder: Path | str, *, max_pixels: int = MAX_PIXELS) -> Self:
        """Read all pictures; raises UserError where they are no classes to tell apart.

        Pictures that can't be read are left out, and said, where each class has enough without.
        """
        folder = Path(folder)
        files = _classes(folder)
        every = [path for found in files.values() for path in found]
        opened: dict[Path, Image] = {}
        bad: dict[Path, UserError] = {}
        with image_reader.without_pillow_limits(), ThreadPoolExecutor(cores()) as threads:
            contexts = [copy_context() for _ in every]  # of whoever listens to what is said
            made = threads.map(
                lambda context, path: context.run(_small, path, max_pixels), contexts, every
            )
            small = progress.track(made, total=len(every), title=f"reading {folder}")
            for path, picture in zip(every, small, strict=True):
                if isinstance(picture, UserError):
                    bad[path] = picture
                else:
                    opened[path] = picture
        kept = _each_once(_leave_out(files, bad, folder), opened)
        return cls({name: [opened[path] for path in its] for name, its in kept.items()}, kept)


def _classes(folder: Path) -> dict[str, list[Path]]:
    """Find the pictures of every folder inside `folder`; raises UserError where it is no album."""
    if not folder.is_dir():
        what = f"{folder} is no folder" if folder.exists() else f"there is no folder {folder}"
        raise UserError(
            "input.kind" if folder.exists() else "input.missing",
            f"{what}; name one that holds {LAYOUT}",
            path=folder,
        )
    inner = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    loose = [str(path) for path in inner if path.is_file() and _is_example(path)]
    above = (folder.resolve(), *folder.resolve().parents)  # all other classes are there
    files = {
        path.name: sorted(filter(_is_example, list_files(path, image_reader.SUFFIXES, above)))
        for path in inner
        if path.is_dir()
    }
    if len(files) < 2:
        held = f"one class only, {next(iter(files))}" if files else "no folders"
        deeper = [folder / name for name in files if _several(folder / name)]
        hint = f" (did you mean {deeper[0]}?)" if deeper else ""
        raise UserError(
            "input.content",
            f"{folder} holds {held}{hint}; to tell classes apart it takes {LAYOUT}",
            path=folder,
        )
    _require_names_apart(list(files))
    for name, found in files.items():
        if not (name.isprintable() and name.strip()):
            raise UserError(
                "input.content",
                f"{name!r} can't be printed as the name of a class: rename the folder",
                path=folder / name,
            )
        if len(found) < MIN_IMAGES:
            count = f"{len(found) or 'no'} picture{'s' * (len(found) != 1)}"
            raise UserError(
                "input.content",
                f"{folder / name} holds {count}, and {MIN_IMAGES} is the fewest;"
                " add some, or take the folder away",
                path=folder / name,
            )
    if loose:
        progress.message(f"in no class, and left out: {summarize_list(loose)}")
    _tell_deeper(folder, files)
    return files


def _require_names_apart(names: Sequence[str]) -> None:
    """Raise UserError for two classes whose names differ in capitals alone."""
    first: dict[str, str] = {}
    for name in names:
        other = first.setdefault(name.casefold(), name)
        if other != name:
            raise UserError(
                "input.content",
                f"{other} and {name} are two classes, and one name but for capitals:"
                " put their pictures together, or rename one",
                name=name,
            )


def _is_example(path: Path) -> bool:
    """Tell a picture from none, and from what was drawn beside a taught network, our own result."""
    network = path.with_name(f"{path.stem.removesuffix(CONFUSION)}.onnx")
    is_ours = path.stem.endswith(CONFUSION) and network.exists()
    return path.suffix.lower() in image_reader.SUFFIXES and not is_ours


def _tell_deeper(folder: Path, files: Mapping[str, Sequence[Path]]) -> None:
    """Say how many pictures of which classes lie in folders below these."""
    deeper = {
        name: sum(path.parent != folder / name for path in its) for name, its in files.items()
    }
    told = [f"{n} of {name}" for name, n in deeper.items() if n]
    if told:
        progress.message(f"taken from folders below those of the classes: {summarize_list(told)}")


def _leave_out(
    files: Mapping[str, Sequence[Path]], bad: Mapping[Path, UserError], folder: Path
) -> dict[str, list[Path]]:
    """Keep what can be read, and say the rest; raises UserError where a class has too few left."""
    kept = {name: [path for path in its if path not in bad] for name, its in files.items()}
    for name, its in kept.items():
        if len(its) < MIN_IMAGES and len(its) < len(files[name]):
            errors = [bad[path] for path in files[name] if path in bad]
            raise UserError(
                errors[0].code,
                f"{folder / name} holds {len(its) or 'no'} picture{'s' * (len(its) != 1)} that can"
                f" be read, and {MIN_IMAGES} is the fewest:"
                f" {summarize_list([error.message for error in errors])}",
                path=folder / name,
            )
    if bad:
        count = sum(map(len, files.values()))
        reasons = summarize_list([error.message for error in bad.values()])
        progress.message(f"left out, {len(bad)} of {count} pictures: {reasons}")
    return kept


def _several(folder: Path) -> bool:
    """Tell whether a folder holds two folders or more."""
    return sum(path.is_dir() for path in folder.iterdir() if not path.name.startswith(".")) > 1


def _small(path: Path, max_pixels: int) -> Image | UserError:
    """Read one picture and reduce it, or say why that can't be done."""
    try:
        return Image(*image_reader.read_image(path, max_pixels)).thumbnail(SIDE)
    except UserError as error:
        return error


def _each_once(
    files: Mapping[str, Sequence[Path]], opened: Mapping[Path, Image]
) -> dict[str, list[Path]]:
    """Leave out copies within a class; raises UserError where a picture is in two."""
    first: dict[str, tuple[str, Path]] = {}
    kept: dict[str, list[Path]] = {name: [] for name in files}
    copies, torn = [], []
    for name, found in files.items():
        for path in found:
            other, where = first.setdefault(_print(opened[path]), (name, path))
            if other != name:
                torn.append(f"{where} and {path} are the same picture in two classes; drop one")
            elif where == path:
                kept[name].append(path)
            else:
                copies.append(f"{path} is a copy of {where}")
    if torn:
        raise UserError("input.content", summarize_list(torn))
    if copies:
        progress.message(f"copies in their own class don't count: {summarize_list(copies)}")
    return kept


def summarize_list(sentences: Sequence[str]) -> str:
    """Join the first sentences of many."""
    more = f"; and {len(sentences) - MAX_LISTED} more" if len(sentences) > MAX_LISTED else ""
    return "; ".join(sentences[:MAX_LISTED]) + more


def _print(picture: Image) -> str:
    """Tell pictures apart by all that is to be seen of them."""
    alpha = b"" if picture.alpha is None else picture.alpha.tobytes()
    parts = (str(picture.pixels.shape).encode(), picture.pixels.tobytes(), alpha)
    return hashlib.sha256(b"/".join(parts)).hexdigest()
