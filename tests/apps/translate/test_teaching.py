"""Lines that a teacher reads in photographs: which are taken, and how they come to the reader."""

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from listening import listening
from PIL import Image

from neuropil.apps.translate.lab import teaching
from neuropil.apps.translate.lab.real_lines import MARGIN, read_taught
from neuropil.apps.translate.lab.scenes import read_taught_scenes
from neuropil.apps.translate.lab.teaching import HIGHEST, MOST_ALIKE, Told
from neuropil.kit.errors import UserError

BOX = [[30, 100], [230, 100], [230, 200], [30, 200]]  # higher than a line is kept


def said(*lines: tuple[str, float]) -> Any:
    """Answer as RapidOCR does: quads, texts and how sure it is of each."""
    texts, scores = ([*column] for column in zip(*lines, strict=True)) if lines else (None, None)
    return SimpleNamespace(boxes=[BOX] * len(lines), txts=texts, scores=scores)


@pytest.fixture
def photographs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make folders of photographs, and a teacher that reads what is asked of it."""
    data = tmp_path / "photographs"
    write_photographs(data / "shop", ["a.jpg"])
    write_photographs(data / "words", ["1.png", "2.png"])
    table = 'ImageName\tComponentLabel\tText\r\n\r\n1.png\tText\t"Café"\n2.png\tText\tMango\n'
    (data / "words" / "GT.tsv").write_text(table, encoding="utf-8")

    def engine(pixels: np.ndarray[Any, Any], *, use_det: bool, **_: float) -> Any:
        if not use_det:
            return said(("CAFÉ", 0.9))
        lines = [("Fresh bread", 0.99), ("half past", 0.5), ("FRÁN", 0.99), ("Fresh bread", 0.97)]
        return said(*lines * MOST_ALIKE)

    monkeypatch.setattr(teaching, "open_v6", lambda _: engine)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: True)
    return data


def write_photographs(folder: Path, names: Sequence[str]) -> None:
    folder.mkdir(parents=True)
    for name in names:
        Image.new("RGB", (330, 300), (200, 90, 20)).save(folder / name)


def test_the_teacher_is_believed_where_it_is_sure_and_a_table_where_both_agree(
    photographs: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert teaching.teach(out, data=photographs) == out / "taught.tsv"
    lines = read_taught(out)
    assert [line.text for line in lines] == MOST_ALIKE * ["Fresh bread"] + ["Café"]
    assert [line.scene for line in lines] == MOST_ALIKE * ["shop"] + ["words"]


def test_lines_are_cut_out_with_a_margin_and_made_no_higher_than_they_need_be(
    photographs: Path, tmp_path: Path
) -> None:
    teaching.teach(tmp_path / "out", data=photographs)
    line = read_taught(tmp_path / "out")[0]
    factor = HIGHEST / 100
    assert line.pixels.shape == pytest.approx(
        (100 * (1 + 2 * MARGIN) * factor, 270 * factor, 3), abs=1
    )
    assert line.quad[0] == pytest.approx((30 * factor, 100 * MARGIN * factor), abs=0.1)
    assert line.pixels[5, 5].tolist() == pytest.approx([200, 90, 20], abs=4)


def test_whole_photographs_teach_where_lines_are_and_what_is_doubtful_counts_neither_way(
    photographs: Path, tmp_path: Path
) -> None:
    teaching.teach(tmp_path / "out", data=photographs)
    (scene,) = read_taught_scenes(tmp_path / "out")
    assert (scene.source, scene.pixels.shape) == ("shop", (300, 330, 3))
    assert [item.is_ignored for item in scene.items] == [False, True, False, False] * MOST_ALIKE
    assert {item.unit for item in scene.items} == {"line"}
    assert scene.items[0].quad.tolist() == BOX
    assert read_taught_scenes(tmp_path) == []


def test_the_detector_is_asked_for_few_texts_of_a_scene_not_of_small_pictures(
    photographs: Path, tmp_path: Path
) -> None:
    Image.new("RGB", (300, 300), (200, 90, 20)).save(photographs / "shop" / "a.jpg")
    teaching.teach(tmp_path / "out", data=photographs)
    assert read_taught_scenes(tmp_path / "out") == []


def test_quads_follow_a_text_that_stands_on_end() -> None:
    upright = np.array([[0, 0], [20, 0], [20, 90], [0, 90]], np.float64)
    quad = teaching.along_text(Told(upright, "Roman", 1.0))
    assert quad.tolist() == [[0, 90], [0, 0], [20, 0], [20, 90]]
    assert teaching.along_text(Told(upright, "il", 1.0)) is upright


def test_accents_are_believed_where_a_folder_names_the_language(
    photographs: Path, tmp_path: Path
) -> None:
    (photographs / "shop").rename(photographs / "es-shop")
    teaching.teach(tmp_path / "out", data=photographs)
    said = {line.text for line in read_taught(tmp_path / "out")}
    assert said == {"Fresh bread", "FRÁN", "Café"}


def test_damaged_photographs_are_left_out(photographs: Path, tmp_path: Path) -> None:
    (photographs / "shop" / "b.jpg").write_bytes(b"no picture")
    with listening() as told:
        teaching.teach(tmp_path / "out", data=photographs)
    assert any("left out" in line and "b.jpg" in line for line in told)
    assert len(read_taught(tmp_path / "out")) == MOST_ALIKE + 1


def test_a_folder_without_photographs_is_said_and_nothing_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teaching, "open_v6", lambda _: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: True)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="no photographs with text"):
        teaching.teach(tmp_path / "out", data=tmp_path / "empty")
    assert not (tmp_path / "out").exists()


def test_a_teacher_that_is_missing_is_named(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(UserError, match=r"RapidOCR.*neuropil\[bench\]"):
        teaching.teach(tmp_path / "out", data=photographs)


@pytest.mark.parametrize(
    ("picture", "level"),
    [
        (Image.fromarray(np.full((300, 300), 30_000, np.uint16)), 30_000 / 257),
        (Image.new("RGBA", (300, 300), (0, 0, 0, 0)), 255),
    ],
    ids=["16 bits", "transparent"],
)
def test_pictures_are_read_as_they_are_seen(
    photographs: Path, tmp_path: Path, picture: Image.Image, level: float
) -> None:
    (photographs / "shop" / "a.jpg").unlink()
    picture.save(photographs / "shop" / "a.png")
    teaching.teach(tmp_path / "out", data=photographs)
    assert read_taught(tmp_path / "out")[0].pixels[5, 5, 0] == pytest.approx(level, abs=2)


def test_nothing_takes_the_place_of_what_is_there(photographs: Path, tmp_path: Path) -> None:
    path = teaching.teach(tmp_path / "out", data=photographs)
    before = path.read_bytes()
    with pytest.raises(UserError, match="is there already"):
        teaching.teach(tmp_path / "out", data=photographs)
    assert path.read_bytes() == before


def test_folders_that_are_hidden_are_none(photographs: Path, tmp_path: Path) -> None:
    (photographs / "shop").rename(photographs / ".shop")
    teaching.teach(tmp_path / "out", data=photographs)
    assert [line.text for line in read_taught(tmp_path / "out")] == ["Café"]


def test_names_of_folders_that_no_table_holds_are_refused(
    photographs: Path, tmp_path: Path
) -> None:
    (photographs / "shop").rename(photographs / "a\tshop")
    with pytest.raises(UserError, match="rename it"):
        teaching.teach(tmp_path / "out", data=photographs)
    assert not (tmp_path / "out").exists()


def test_a_damaged_table_is_named(photographs: Path, tmp_path: Path) -> None:
    (photographs / "words" / "GT.tsv").write_bytes("ImageName\tText\n".encode("utf-16"))
    with pytest.raises(UserError, match=r"GT\.tsv is damaged"):
        teaching.teach(tmp_path / "out", data=photographs)


def test_pictures_of_no_shape_do_not_keep_the_teacher_busy(
    photographs: Path, tmp_path: Path
) -> None:
    Image.new("RGB", (400, 2), (0, 0, 0)).save(photographs / "shop" / "a.jpg")
    teaching.teach(tmp_path / "out", data=photographs)
    assert [line.text for line in read_taught(tmp_path / "out")] == ["Café"]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(".webp", ".jpg"),
        lambda text: text.rpartition("\t")[0] + "\n",
        lambda text: text.replace(" 0.0", " nan"),
        lambda text: text.replace(" 0.0", ""),
        lambda text: text.replace("Café", "Caf\udce9"),
        lambda text: text.replace("\tquad", "\tbox"),
    ],
    ids=["picture", "row", "number", "corner", "encoding", "column"],
)
def test_what_is_taught_may_be_missing_but_not_damaged(
    photographs: Path, tmp_path: Path, change: Callable[[str], str]
) -> None:
    assert read_taught(tmp_path) == []
    path = teaching.teach(tmp_path / "out", data=photographs)
    damaged = change(path.read_text(encoding="utf-8")).encode("utf-8", "surrogateescape")
    path.write_bytes(damaged)
    with pytest.raises(UserError, match=r"taught\.tsv is damaged"):
        read_taught(tmp_path / "out")


def test_what_the_reader_can_not_say_teaches_nothing(photographs: Path, tmp_path: Path) -> None:
    path = teaching.teach(tmp_path / "out", data=photographs)
    path.write_text(path.read_text(encoding="utf-8").replace("Café", "Ωmega"), encoding="utf-8")
    assert {line.text for line in read_taught(tmp_path / "out")} == {"Fresh bread"}
