"""A table of one's own: what is read of it, and what is said of one that can't be learned."""

import numpy as np
import pytest

pytest.importorskip("fastapi")

from refusals import refused

from neuropil.surfaces.web.tables import MOST_BYTES, read_table

LEAVES = "name,length,width,kind\n" + "".join(
    f"leaf {n},{3 + n % 5},{1.5 + n % 3},{'oak' if n % 2 else 'elm'}\n" for n in range(20)
)


def test_numbers_and_classes_are_found() -> None:
    told = read_table(LEAVES.encode())
    assert told["columns"] == ["length", "width"]
    assert (told["class"], told["classes"]) == ("kind", ["elm", "oak"])
    assert told["left_out"] == ["name"]
    points = np.array(told["points"])
    assert points.shape == (20, 2)
    assert points.mean(axis=0) == pytest.approx([0, 0])
    assert points.std(axis=0) == pytest.approx([1, 1])
    assert points[0] * told["scale"] + told["mean"] == pytest.approx([3, 1.5])
    assert told["held_out"] == 4
    assert np.sum(told["targets"][-4:], axis=0).tolist() == [2, 2]


def test_commas_in_numbers_names_left_out_and_classes_that_are_numbers() -> None:
    rows = "".join(f"{n},5;{n * n},25;{n % 3}\n" for n in range(12))
    told = read_table(rows.encode("utf-8-sig"))
    assert told["columns"] == ["x1", "x2"]
    assert told["classes"] == ["0", "1", "2"]
    assert told["mean"][0] == pytest.approx(6)


def test_spreadsheets_may_write_utf_16() -> None:
    told = read_table("a,b,größe\n1,2,x\n3,4,y\n".encode("utf-16"))
    assert told["class"] == "größe"


def test_a_column_that_is_all_the_same_stays_a_number() -> None:
    told = read_table(b"a,b,c\n1,2,x\n1,3,y\n")
    assert np.isfinite(told["points"]).all()


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "input.empty", "length,width,kind"),
        (b"a,b,c\n", "input.empty", "no rows"),
        (b"\x89PNG\r\n\x1a\n\x00", "input.kind", "CSV in UTF-8"),
        (b"a,b,c\n1,2,x\n1,2\n", "input.damaged", "row 3 has 2 cells and the first has 3"),
        (b"a,b,c\n1,,x\n1,2,y\n", "input.content", "row 2 has nothing in b"),
        (b"a,c\n1,x\n2,y\n", "input.content", "columns of numbers: a;"),
        (b"a,b,c\n1,2,x\n3,4,x\n", "input.content", "c has 1 different values"),
        (b"a,b,c\n1,2,inf\n3,4,nan\n5,nan,x", "input.content", "columns of numbers: a;"),
        (b"a,b,k\n" + b"1,2,x\n3,4,y\n" * 4 + b"1,1O,x", "input.content", "b has 1O in its row 9"),
        (b"a,b,k\n" + b"1,2,x\n3,4,y\n" * 4 + b"1,1e308,x", "input.content", "b has 1e308"),
        (b"a,b,c\n" + b"1,2,x\n" * 2001, "input.too_large", "2001 rows"),
        (b"1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,x\n" * 3, "input.too_large", "17 columns"),
        (b"a" * (MOST_BYTES + 1), "input.too_large", "2 MB"),
    ],
)
def test_what_cannot_be_learned_is_said(content: bytes, code: str, words: str) -> None:
    with refused(code, words):
        read_table(content)
