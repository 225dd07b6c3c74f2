"""Styles by name, by number, by chance and in files; a style told from lines."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from refusals import refused

from neuropil.apps.handwrite.strokes import Line, to_features
from neuropil.apps.handwrite.styles import (
    EXAGGERATION,
    FIRST,
    KIND,
    MOST_BYTES,
    VERSION,
    Style,
    encode_style,
    exaggerate,
    nearest,
    shipped_styles,
)
from neuropil.kit.networks.network import OnnxNetwork


def size() -> int:
    return len(shipped_styles()["all"][0])


def said(**changes: Any) -> str:
    """Write a style file's text, whole but for the changes."""
    vector = [0.25] * size()
    return json.dumps(
        {"kind": KIND, "version": VERSION, "name": "mine", "vector": vector, **changes}
    )


# --- the shelf ----------------------------------------------------------------------------------


def test_the_shelf_holds_vectors_of_one_size() -> None:
    shelf = shipped_styles()
    vectors = np.array(shelf["all"])
    assert vectors.shape == (len(shelf["writers"]), size())
    assert np.abs(vectors).max() <= 1
    assert len(shelf["named"]) == len(set(shelf["named"].values())) == 12
    assert FIRST in shelf["named"]
    assert len(np.unique(vectors, axis=0)) == len(vectors)


def test_a_name_finds_its_own_vector() -> None:
    shelf = shipped_styles()
    for name, number in shelf["named"].items():
        style = Style.parse(name)
        assert style.name == name
        assert style.vector.dtype == np.float32
        drawn = exaggerate(np.array(shelf["all"]))[number]
        assert np.array_equal(style.vector, drawn)


def test_the_nearest_styles_are_found_but_not_the_style_itself() -> None:
    vectors = np.array(shipped_styles()["all"], np.float32)
    found = nearest(vectors[7], 5)
    assert found.shape == (5, size())
    far = np.linalg.norm(found - vectors[7], axis=1)
    assert (np.diff(far) >= 0).all()
    assert far[0] > 0
    others = np.linalg.norm(vectors - vectors[7], axis=1)
    assert (others < far[-1]).sum() <= 5  # four of the five, and the style itself


def test_named_hands_are_drawn_larger_than_life() -> None:
    vectors = np.array([[0.1, -0.2, 0.9], [0.3, 0.2, -0.5]])
    mean = vectors.mean(axis=0)
    made = exaggerate(vectors)
    assert made[:, :2] - mean[:2] == pytest.approx(EXAGGERATION * (vectors - mean)[:, :2], abs=1e-3)
    assert made[0, 2] == 1  # no further
    assert EXAGGERATION > 1


def test_a_number_finds_any() -> None:
    last = len(shipped_styles()["all"]) - 1
    for number in (0, 57, last):
        style = Style.parse(f"random-{number}")
        assert style.name == f"random-{number}"
        assert style.vector == pytest.approx(shipped_styles()["all"][number])
    with refused("name.unknown", f"random-{last + 1}", f"random-{last}"):
        Style.parse(f"random-{last + 1}")


def test_chance_follows_the_seed_and_tells_its_number() -> None:
    drawn = [Style.draw(seed) for seed in range(20)]
    assert len({style.name for style in drawn}) > 3
    for seed, style in enumerate(drawn):
        assert np.array_equal(Style.parse(style.name).vector, style.vector)
        assert Style.draw(seed).name == style.name
    assert Style.parse("random").name == "random"  # drawn once there is a seed


@pytest.mark.parametrize(
    "text", ["ana", "random-", "random--1", "random-x", "57", "Ada", "", "random-²", "x" * 300]
)
def test_what_is_no_style_is_refused(text: str) -> None:
    with refused("name.unknown" if text else "option.syntax", text):
        Style.parse(text)


@pytest.mark.parametrize("named", ['""', "ada", "lise", "random", ".style"])
def test_an_empty_name_is_said_and_what_to_type(named: str) -> None:
    with refused("option.syntax", named):
        Style.parse("")


def test_the_refusal_says_what_there_is() -> None:
    with refused("name.unknown", "adda", "(did you mean ada?)") as caught:
        Style.parse("adda")
    words = caught.value.message
    assert caught.value.facts["possible"] == tuple(shipped_styles()["named"])
    assert all(name in words for name in shipped_styles()["named"])
    assert f"random-{len(shipped_styles()['all']) - 1}" in words
    assert ".style" in words


# --- files --------------------------------------------------------------------------------------


def test_a_style_is_saved_and_opened(tmp_path: Path) -> None:
    vector = np.linspace(-1, 1, size()).astype(np.float32)
    path = tmp_path / "mine.style"
    Style("my hand", vector, {"lines": 3}).save(path)
    for again in (Style.open(path), Style.open(str(path)), Style.parse(str(path))):
        assert (again.name, again.about) == ("my hand", {"lines": 3})
        assert np.abs(again.vector - vector).max() <= 0.0005
        assert again.to_json() == Style("my hand", vector, {"lines": 3}).to_json()
    assert [file.name for file in tmp_path.iterdir()] == ["mine.style"]


def test_a_file_is_found_by_any_name(tmp_path: Path) -> None:
    path = tmp_path / "mine"
    path.write_text(said())
    assert Style.parse(str(path)).name == "mine"
    with refused("input.missing", "gone.style"):
        Style.parse(str(tmp_path / "gone.style"))


def test_a_style_has_an_ending(tmp_path: Path) -> None:
    style = Style.parse(FIRST)
    with refused("output.ending", "ada.svg", ".style"):
        style.save(tmp_path / "ada.svg")
    assert list(tmp_path.iterdir()) == []
    assert list(style.SUFFIXES) == [".style"]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[1, 2]",
        "3",
        "\x00\x01",
        "{}",
        json.dumps({"kind": KIND, "version": VERSION, "name": "mine"}),
        json.dumps({"kind": KIND, "version": VERSION, "name": "mine", "vector": ["a"]}),
        json.dumps({"kind": KIND, "version": VERSION, "name": "mine", "vector": {}}),
        said(about="anna"),
        said(about=None),
    ],
)
def test_what_is_no_style_file_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.style"
    path.write_text(text)
    with refused("input.damaged", path, "handwrite-learn"):
        Style.open(path)


@pytest.mark.parametrize("change", [{"kind": "letter"}, {"version": VERSION + 1}])
def test_other_kinds_and_versions_are_told(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "mine.style"
    path.write_text(said(**change))
    with refused("input.kind", path, f"{KIND!r}, version {VERSION}"):
        Style.open(path)


@pytest.mark.parametrize("wrong", [[0.1] * 3, [], [[0.1]], [1.01], [-2.0], [float("nan")], 0.5])
def test_vectors_have_their_size_and_bounds(tmp_path: Path, wrong: Any) -> None:
    vector = wrong + [0.0] * (size() - 1) if isinstance(wrong, list) and len(wrong) == 1 else wrong
    path = tmp_path / "mine.style"
    path.write_text(said(vector=vector))
    with refused("input.damaged", path):
        Style.open(path)


def test_a_whole_file_is_believed(tmp_path: Path) -> None:
    path = tmp_path / "mine.style"
    path.write_text(said(vector=[1.0] + [-1.0] * (size() - 1)))
    assert Style.open(path).vector.tolist() == [1.0] + [-1.0] * (size() - 1)


# --- told from lines ----------------------------------------------------------------------------


class Glance(OnnxNetwork):
    """Tell of a line how many points it has, and how many of them it is told are there."""

    def __init__(self) -> None:
        self.strokes: list[Any] = []

    def run(self, **feeds: Any) -> dict[str, Any]:
        strokes, there = feeds["strokes"], feeds["there"]
        assert strokes.shape == (*there.shape, 4)
        assert strokes.dtype == there.dtype == np.float32
        self.strokes.append(strokes[0])
        return {"style": np.array([[strokes.shape[1] / 1000, there.mean() / 3]], np.float32)}


def line(n: int) -> Line:
    """Draw n strokes of height 1 beside each other, in some unit."""
    rows = [[[7 * i, 0, 0], [7 * i + 1, 20, 1]] for i in range(n)]
    return np.array(rows, np.float64).reshape(-1, 3)


def test_a_style_is_the_mean_over_lines() -> None:
    hand = Glance()
    lines = [line(3), line(5), line(12)]
    vector = encode_style(hand, lines)
    assert [made.tolist() for made in hand.strokes] == [to_features(one).tolist() for one in lines]
    mean = np.mean([len(to_features(one)) for one in lines]) / 1000
    assert vector.tolist() == [np.float32(mean.round(3)), np.float32(0.333)]
    assert vector.dtype == np.float32


def test_a_file_that_is_too_large_or_too_deep_is_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.style"
    whole = said()
    path.write_text(whole + " " * (MOST_BYTES - len(whole)))
    Style.open(path)
    path.write_text(whole + " " * (MOST_BYTES - len(whole) + 1))
    with refused("input.too_large", path):
        Style.open(path)
    path.write_text("[" * 100_000)
    with refused("input.damaged", path):
        Style.open(path)
