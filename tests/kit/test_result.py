import json
from dataclasses import dataclass

import numpy as np

from neuropil.kit.image import Image
from neuropil.kit.result import Parts, parts, plain, said


def image() -> Image:
    return Image(np.zeros((1, 1, 3), np.uint8))


@dataclass(frozen=True)
class Place:
    x: int
    y: float


@dataclass(frozen=True)
class Found:
    score: float
    picture: Image
    others: tuple[Image, ...]
    map: Image | None
    empty: tuple[Image, ...]
    places: tuple[Place, ...]
    names: dict[str, float]


def test_a_picture_alone_is_the_thing_itself() -> None:
    picture = image()
    assert parts(picture) == Parts(picture)


def test_a_dataclass_is_taken_apart() -> None:
    picture, one, two = image(), image(), image()
    found = parts(Found(0.5, picture, (one, two), None, (), (Place(1, 2.5),), {"cat": 0.25}))
    assert found.main is picture
    assert found.beside == {"others-1": one, "others-2": two}
    assert found.rest == {"score": 0.5, "places": (Place(1, 2.5),), "names": {"cat": 0.25}}
    assert parts(Place(1, 2)) == Parts(None, {}, {"x": 1, "y": 2})


def test_values_can_be_written_as_json() -> None:
    value = {"a": (Place(1, 2.5), None), "b": np.float32(0.5), "c": [True, "text"]}
    expected = {"a": [{"x": 1, "y": 2.5}, None], "b": 0.5, "c": [True, "text"]}
    assert json.loads(json.dumps(plain(value))) == expected


def test_values_can_be_read_by_people() -> None:
    assert said((Place(1, 2.0), Place(30, 0.123456))) == "1,2 30,0.1235"
    assert said({"cat": 0.5, "dog": 1}) == "cat=0.5 dog=1"
    assert said("text") == "text"
    assert said(("one line", "two, lines")) == "\n  one line\n  two, lines"
