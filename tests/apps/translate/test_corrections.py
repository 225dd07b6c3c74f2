"""Translations corrected by hand: read, set, refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from listening import listening
from refusals import refused

from neuropil.apps.translate.app import Translate
from neuropil.apps.translate.corrections import Corrections
from neuropil.kit.media.image import Image

QUAD = [[20, 20], [180, 20], [180, 50], [20, 50]]
LINES = [{"quad": QUAD, "text": "Eingang", "confidence": 0.9, "language": "de"}]
BLOCK = {"lines": [0], "text": "Eingang", "language": "de", "translation": "Entrance", "kept": None}


def write(folder: Path, lines: Any = LINES, block: Any = BLOCK) -> Path:
    path = folder / "sign.json"
    path.write_text(json.dumps({"input": "sign.png", "lines": lines, "blocks": [block]}))
    return path


def sign() -> Image:
    pixels = np.full((80, 200, 3), 240, np.uint8)
    pixels[28:44, 30:170:4] = 20
    return Image(pixels)


def test_what_is_corrected_is_set(tmp_path: Path) -> None:
    made = Translate().render(sign(), Corrections.open(write(tmp_path))).pixels
    changed = (made != sign().pixels).any(axis=2)
    assert changed[20:50, 20:180].any()
    assert not changed[60:].any()


def test_a_block_that_was_kept_can_be_set_too(tmp_path: Path) -> None:
    path = write(tmp_path, block={**BLOCK, "kept": "it is a name"})
    assert (Translate().render(sign(), Corrections.open(path)).pixels != sign().pixels).any()


def test_a_text_can_be_set_where_nothing_was(tmp_path: Path) -> None:
    plain = Image(np.full((80, 200, 3), 240, np.uint8))
    made = Translate().render(plain, Corrections.open(write(tmp_path))).pixels
    assert made.min() < 60


def test_what_the_font_lacks_is_said_and_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, block={**BLOCK, "translation": "U\u0308ber ﬁne 😀 Ω"})
    with listening() as said:
        (block,) = Corrections.open(path).blocks
    assert block.translation.split() == ["Über", "fine"]
    assert "block 0: the font has no 😀 Ω" in said[0]


def test_what_editors_put_before_a_text_is_no_fault(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(Corrections.open(path).blocks) == 1


@pytest.mark.parametrize("tail", [None, 0.6, 1, 1.0])
def test_where_a_price_begins_may_be_said(tail: float | None, tmp_path: Path) -> None:
    found = Corrections.open(write(tmp_path, [{**LINES[0], "tail": tail}]))
    assert found.lines[0].tail == tail


def test_what_says_the_same_stays(tmp_path: Path) -> None:
    path = write(tmp_path, block={**BLOCK, "translation": "Eingang"})
    assert (Translate().render(sign(), Corrections.open(path)).pixels == sign().pixels).all()


def test_corrections_of_another_picture_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, [{**LINES[0], "quad": [[x + 500, y] for x, y in QUAD]}])
    with refused("input.content", "line 0", "200 × 80"):
        Translate().render(sign(), Corrections.open(path))


@pytest.mark.parametrize(
    ("lines", "block", "words"),
    [
        ("", BLOCK, "list of lines"),
        ([7], BLOCK, "line 0"),
        ([{"text": "a"}], BLOCK, "line 0"),
        ([{"quad": QUAD}], BLOCK, "line 0"),
        ([{"quad": QUAD[:3], "text": "a"}], BLOCK, "line 0"),
        ([{"quad": [[1, 1]] * 4, "text": "a"}], BLOCK, "line 0"),
        ([{"quad": [[0, 0], [9, 0], [9, 9], [0, 1e9]], "text": "a"}], BLOCK, "line 0"),
        ([{"quad": [[0, 0], [9, 0], [9, 9], [0, "9x"]], "text": "a"}], BLOCK, "line 0"),
        ([{**LINES[0], "tail": 2.0}], BLOCK, "tail 2.0"),
        ([{**LINES[0], "tail": "0.5"}], BLOCK, 'tail "0.5"'),
        ([{**LINES[0], "tail": True}], BLOCK, "tail true"),
        (LINES, 7, "block 0"),
        (LINES, {**BLOCK, "translation": " "}, "block 0"),
        (LINES, {**BLOCK, "lines": []}, "block 0"),
        (LINES, {**BLOCK, "lines": [True]}, "block 0"),
        (LINES, {**BLOCK, "lines": [1]}, "counted from 0"),
        (LINES, {**BLOCK, "lines": [0, 0]}, "a line twice"),
    ],
)
def test_what_is_wrong_is_named(lines: Any, block: Any, words: str, tmp_path: Path) -> None:
    with refused("input.damaged", words, "translate-read"):
        Corrections.open(write(tmp_path, lines, block))


@pytest.mark.parametrize("content", ["[]", "{", "\udcff", "[" * 100_000, "{}\n{}"])
def test_what_is_no_object_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "sign.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with refused("input.damaged", "sign.json"):
        Corrections.open(path)
