"""Which files go in, and what those that come out are called.

old.jpg                 old-colorize.jpg             beside the input
old.bmp                 old-colorize.png             where the input's kind can't be written
old.jpg    -o new.png   new.png
album      -o new       new/1925/old-colorize.jpg    with the folders of album
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from neuropil.kit import film, reading, writing
from neuropil.kit.errors import UserError


@dataclass(frozen=True)
class Job:
    """An input and the output that it is to become."""

    source: Path
    target: Path

    @property
    def is_film(self) -> bool:
        """Tell films from pictures by the ending of the name."""
        return self.source.suffix.lower() in film.SUFFIXES

    def beside(self, name: str, application: str) -> Path:
        """Name a further picture that belongs to the output: STEM-APPLICATION-NAME.png."""
        stem = self.target.stem
        whole = stem if stem.endswith(f"-{application}") else f"{stem}-{application}"
        return self.target.with_name(f"{whole}-{name}.png")


def jobs(inputs: list[Path], output: Path | None, application: str) -> list[Job]:
    """List what is to be done; raises UserError for a bad name, before anything is done."""
    if not inputs:
        raise UserError(
            "input.required",
            f"name a picture, a film or a folder, as in: neuropil {application} old.jpg",
        )
    many = len(inputs) > 1 or inputs[0].is_dir()
    if output and many and not _is_folder(output):
        raise UserError(
            "output.collision",
            f"{output} names one file, and there can be several; name a folder",
            path=output,
        )
    if output and not _is_folder(output):
        planned = [Job(inputs[0], output)]
    else:
        once = dict.fromkeys(inputs)  # who names one twice gets it once
        planned = [job for path in once for job in _inside(path, output, application)]
    for job in planned:
        _check_ending(job)
    _refuse_twice(planned)
    return planned


def listed(inputs: list[Path], application: str) -> list[Path]:
    """List the pictures and films that are meant, each once, of which something is to be said."""
    if not inputs:
        raise UserError(
            "input.required", f"name a picture or a folder, as in: neuropil {application} old.jpg"
        )
    found = {path: list(_media(path)) if path.is_dir() else [path] for path in inputs}
    if empty := [str(path) for path, its in found.items() if not its]:
        raise UserError(
            "input.empty",
            f"no pictures are in {', '.join(empty)}; name folders that hold some",
            paths=tuple(empty),
        )
    return list(dict.fromkeys(path for its in found.values() for path in its))


def _is_folder(path: Path) -> bool:
    """Tell whether a path is meant as a folder: it is one, or has no ending and is nothing yet."""
    return path.is_dir() or not (path.suffix or path.exists())


def _inside(path: Path, output: Path | None, application: str) -> Iterator[Job]:
    """List the jobs of one input, of which a folder has many."""
    found = [path]
    if path.is_dir():  # but for our own outputs
        found = [p for p in _media(path) if f"-{application}-" not in f"{p.stem}-"]
    if not found:
        raise UserError(
            "input.empty", f"{path} holds no pictures or films; name a folder that does", path=path
        )
    base = path if path.is_dir() else path.parent
    for source in found:
        name = f"{source.stem}-{application}{_suffix(source)}"
        folder = output / source.parent.relative_to(base) if output else source.parent
        yield Job(source, folder / name)


def _media(folder: Path) -> Iterator[Path]:
    """Find the pictures and films of a folder and those below it."""
    known = reading.SUFFIXES | film.SUFFIXES
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in (Path(here) / name for name in sorted(files) if not name.startswith(".")):
            if path.suffix.lower() in known:
                yield path


def _suffix(source: Path) -> str:
    """Choose the ending of an output: that of the input if it can be written."""
    suffix = source.suffix.lower()
    if suffix in film.SUFFIXES:
        return source.suffix if suffix in film.KINDS else ".mp4"
    return source.suffix if suffix in writing.FORMATS else ".png"


def _check_ending(job: Job) -> None:
    endings = film.KINDS if job.is_film else writing.FORMATS
    if job.target.suffix.lower() not in endings:
        raise UserError(
            "output.ending",
            f"{job.target} can't be written; end the name in {', '.join(endings)}",
            path=job.target,
            possible=tuple(endings),
        )


def _refuse_twice(planned: Iterable[Job]) -> None:
    seen: dict[Path, Path] = {}
    for job in planned:
        other = seen.setdefault(job.target, job.source)
        if other != job.source:
            raise UserError(
                "output.collision",
                f"{other} and {job.source} would both become {job.target}; rename one",
                path=job.target,
            )
