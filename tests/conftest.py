"""What all tests share: a made-up application for those that need one, libraries on one core."""

import gc
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy; as the command line does
os.environ.setdefault("OMP_NUM_THREADS", "1")  # of torch, whose threads would wait for one another

from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import made_up
import pytest

# No test fails because the machine is busy.
hypothesis.settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("untimed")

PACKAGE = '''"""Turn a picture inside out.

look: Look at a picture from all sides.
"""
'''
APP = '''
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal, final

from neuropil.contract import (App, verb)
from neuropil.kit.ranges import Range
from neuropil.kit.media.film import Film
from neuropil.kit.media.image import Image
from neuropil.kit.errors import UserError
from neuropil.kit.progress import track


@dataclass(frozen=True)
class Spot:
    """A place."""

    SYNTAX: ClassVar[str] = "X,Y"
    x: int
    y: int

    @classmethod
    def parse(cls, text: str) -> "Spot":
        try:
            x, y = (int(part) for part in text.split(","))
        except ValueError:
            raise UserError("option.syntax", f"{text} is no place; give X,Y") from None
        return cls(x, y)


@dataclass(frozen=True)
class Inverted:
    picture: Image
    others: tuple[Image, ...]
    map: Image | None
    places: tuple[Spot, ...]
    mean: float


@final
class Invert(App):
    """Turn a picture inside out. It has no network."""

    summary = "Turn a picture inside out."

    @verb(example="neuropil invert old.jpg")
    def __call__(
        self,
        photo: Image | Film,
        *,
        strength: Annotated[float, Range(0, 2)] = 1.0,
        spots: tuple[Spot, ...] = (),
        mode: Literal["plain", "fancy"] = "plain",
        max_depth: int = 3,
    ) -> Image | Film:
        """Turn a picture inside out.

        photo: a picture or film
        strength: how much,
            of two
        spots: where
        mode: in which way
        max_depth: how deep
        """
        if isinstance(photo, Film):
            return photo.map_frames(
                lambda frames: (replace(f, pixels=255 - f.pixels) for f in frames)
            )
        if mode == "fancy":
            raise RuntimeError("a fault of ours")
        return photo.replace(pixels=photo.pixels.max() - photo.pixels)

    @verb(example="neuropil invert-look old.jpg --map")
    def look(
        self,
        photo: Image,
        *,
        strength: Annotated[float, Range(0, 2)] = 1.0,
        spots: tuple[Spot, ...] = (),
        others: Annotated[int, Range(0, 9)] = 0,
        map: bool = False,
    ) -> Inverted:
        """Look at a picture from all sides.

        photo: a picture
        strength: how much
        spots: where
        others: how many more
        map: whether to draw a map
        """
        picture = self(photo)
        for _ in track(range(3), total=3, title="invert"):
            pass
        return Inverted(picture, (photo,) * others, picture if map else None, spots, strength)
'''
TRAIN = """
from neuropil.training.recipe import Recipe


def plain() -> Recipe:
    raise NotImplementedError


def _hidden() -> Recipe:
    raise NotImplementedError


def number() -> int:
    return 1
"""
BENCH = """
from pathlib import Path

from neuropil.kit.report import Report, Table


def measure(data: Path | None) -> Report:
    rows = (("ours", 2.5), ("theirs", 3))
    return Report((Table("Speed", ("who", "seconds"), rows),), {"n_photos": 3, "gain_db": 0.25})
"""
CARD = "# invert\n\n## What it does\n\nTurns a picture *inside out*.\n"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage meanwhile, and never again among what is collected: it all stays."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the commands of the pages first: they take longest, and a worker that ends waits."""
    items.sort(key=lambda item: "test_commands_work" not in item.name)


@pytest.fixture
def invert(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Register the application `invert`, whose files lie in a folder of their own."""
    folder = tmp_path_factory.mktemp("apps") / "invert"
    for name, text in [
        ("__init__.py", PACKAGE),
        ("app.py", APP),
        ("lab/__init__.py", ""),
        ("lab/train.py", TRAIN),
        ("lab/bench.py", BENCH),
        ("card.md", CARD),
    ]:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    with made_up.registered(folder):
        yield folder


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Let torch take one core, for tests whose batches are tiny or whose sums are compared."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
