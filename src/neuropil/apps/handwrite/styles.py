"""Styles: hands with a name, hands drawn by chance, and one's own in a file.

    style = Style.parse("lise")              # also "random", "random-57", "mine.style"
    Style("mine", vector).save(Path("mine.style"))

A style is a vector of D numbers between -1 and 1, which the network `hand` tells from strokes. The
shipped ones are means over lines of writers that the network learned from, and those with a name
are drawn a little larger than life; no stroke of anybody's is in them.
"""

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.strokes import Line, to_features
from neuropil.kit.atomic import atomic_path
from neuropil.kit.bounded import read_bytes
from neuropil.kit.errors import UserError, require_ending, require_file, suggest
from neuropil.kit.formats import QUALITY
from neuropil.kit.networks.network import OnnxNetwork

FILE = Path(__file__).parent / "styles.json"
KIND, VERSION = "neuropil handwriting style", 1
DIGITS = 3
MOST_BYTES = 1_000_000  # of a file
RANDOM = "random"
EXAGGERATION = 1.3  # what the network writes is nearer to the mean than its writers are
FIRST = "ada"  # taken where none is named


@dataclass(frozen=True, eq=False)
class Style:
    """A hand: its name, and a vector (D,) of numbers between -1 and 1."""

    SYNTAX: ClassVar[str] = "NAME|random|FILE"
    KIND: ClassVar = "style"
    SUFFIXES: ClassVar = (".style",)

    name: str
    vector: NDArray[np.float32]
    about: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Find a style by name, by number, by chance, or in a file."""
        shelf = shipped_styles()
        if not text:
            raise UserError(
                "option.syntax",
                f'style is "", an empty name; type one of {", ".join(shelf["named"])}, random, or'
                " the name of a file that ends in .style",
                name="style",
                value=text,
                possible=tuple(shelf["named"]),
            )
        if text in shelf["named"]:
            return cls(text, exaggerate(np.array(shelf["all"]))[shelf["named"][text]])
        if text == RANDOM:  # drawn once there is a seed
            return cls(text, to_vector(np.mean(shelf["all"], axis=0).tolist()))
        start, dash, number = text.partition("-")
        if start == RANDOM and dash and number.isdecimal() and number.isascii():
            if int(number) >= len(shelf["all"]):
                raise UserError(
                    "name.unknown",
                    f"there is no style {text}; the last is {RANDOM}-{len(shelf['all']) - 1}",
                    value=text,
                )
            return cls(text, to_vector(shelf["all"][int(number)]))
        if text.endswith(cls.SUFFIXES) or path_exists(Path(text)):
            return cls.open(Path(text))
        raise UserError(
            "name.unknown",
            f"no style is called {text}{suggest(text, [*shelf['named'], RANDOM])}; there are: "
            f"{', '.join(shelf['named'])}, random, random-0 to random-{len(shelf['all']) - 1}, "
            "and files that end in .style",
            value=text,
            possible=tuple(shelf["named"]),
        )

    @classmethod
    def draw(cls, seed: int) -> Self:
        """Draw one of all styles by chance; its name tells which."""
        number = np.random.default_rng(seed).integers(len(shipped_styles()["all"]))
        return cls.parse(f"{RANDOM}-{number}")

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Read a style file; raises UserError where it is damaged or of another version."""
        path = Path(path)
        require_file(path, "style")
        content = read_bytes(path, MOST_BYTES, "name a style")
        try:
            said = json.loads(content.decode("utf-8"))
            kind, version, name = said["kind"], said["version"], str(said["name"])
            vector = np.array(said["vector"], np.float32)
            about = {**said.get("about", {})}
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            raise UserError(
                "input.damaged",
                f"{path} is no style, or a damaged one; make one by neuropil handwrite-learn",
                path=path,
            ) from None
        if kind != KIND or version != VERSION:
            raise UserError(
                "input.kind",
                f"{path} is of the kind {kind!r}, version {version}; this Neuropil reads {KIND!r}, "
                f"version {VERSION}: make it anew by neuropil handwrite-learn",
                path=path,
            )
        size = len(shipped_styles()["all"][0])
        if vector.shape != (size,) or not (np.abs(vector) <= 1).all():
            raise UserError(
                "input.damaged",
                f"{path} is a damaged style: it takes {size} numbers between -1 and 1",
                path=path,
            )
        return cls(name, vector, about)

    def save(self, path: Path | str, *, quality: int = QUALITY) -> None:
        """Write a style file; `quality` is of pictures alone."""
        path = Path(path)
        require_ending(path, self.SUFFIXES)
        with atomic_path(path) as beside:
            beside.write_text(json.dumps(self.to_json()) + "\n", encoding="utf-8")

    def to_json(self) -> dict[str, Any]:
        """Put the style in the words of a style file."""
        vector = [round(float(v), DIGITS) for v in self.vector]
        return {
            "kind": KIND,
            "version": VERSION,
            "name": self.name,
            "vector": vector,
            "about": self.about,
        }


def path_exists(path: Path) -> bool:
    """Tell whether there is such a file; what can be no name is none."""
    try:
        return path.exists()
    except OSError:
        return False


@cache
def shipped_styles() -> dict[str, Any]:
    """Read the styles of the package: `all`, whose they are, and the numbers of the `named`."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def exaggerate(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    """Draw styles (N, D) a little larger than life: further from the mean of all."""
    mean = vectors.mean(axis=0)
    drawn = (mean + EXAGGERATION * (vectors - mean)).clip(-1, 1)
    made: NDArray[np.float32] = drawn.round(DIGITS).astype(np.float32)
    return made


def to_vector(values: list[float]) -> NDArray[np.float32]:
    """Turn a list into a vector."""
    return np.array(values, np.float32)


def encode_style(hand: OnnxNetwork, lines: list[Line]) -> NDArray[np.float32]:
    """Tell the style (D,) of lines (P, 3) in any unit: the mean over them, rounded as in files."""
    vectors = []
    for line in lines:
        strokes = to_features(line)[None]
        there = np.ones(strokes.shape[:2], np.float32)
        vectors.append(hand.run(strokes=strokes, there=there)["style"][0])
    mean: NDArray[np.float32] = np.mean(vectors, axis=0).round(DIGITS).astype(np.float32)
    return mean


def nearest(vector: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    """Find the shipped styles (n, D) that are most like one, itself left out."""
    vectors = np.array(shipped_styles()["all"], np.float32)
    far = np.square(vectors - vector).sum(axis=1)
    order = far.argsort(kind="stable")
    found: NDArray[np.float32] = vectors[order[far[order] > 0][:n]]
    return found
