import re
import zlib
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from neuropil.kit.drawing.raster import ink_path, stroke_outline
from neuropil.kit.drawing.strokes import Floats, Paper, Stroke, catmull_rom_beziers
from neuropil.kit.drawing.svg_pdf import InkStyle, format_numbers, pdf, svg

LOOK = InkStyle(Paper(90, 50.5, ruling=(20.0, 33.25), margin=7), (26, 42, 108), 0.45, False)
CLOCK = np.linspace(0, 6, 30)
WAVE = np.stack([10 + 10 * CLOCK, 30 + 12 * np.sin(2 * CLOCK)], axis=1)
PAGE = Stroke(WAVE), Stroke(np.array([[50.0, 5.25]])), Stroke(np.array([[1.0, 2], [8, 9]]))
SVG = "{http://www.w3.org/2000/svg}"


def paths(text: str, group: str = "ink") -> list[dict[str, str]]:
    found = ElementTree.fromstring(text).find(f"{SVG}g[@id='{group}']")
    assert found is not None
    return [path.attrib for path in found]


def values(words: str) -> Floats:
    return np.array(re.findall(r"-?[\d.]+", words), float).reshape(-1, 2)


def test_numbers_are_short() -> None:
    given = np.array([[1.0, -0.0001], [2.5, 1234.56789], [-3.1004, 100]])
    assert format_numbers(given) == ["1", "0", "2.5", "1234.568", "-3.1", "100"]
    assert format_numbers(given, 2)[3] == "1234.57"


# SVG


def test_an_svg_has_a_path_through_the_points_of_every_stroke() -> None:
    text = svg(PAGE, LOOK, "t", "{}")
    root = ElementTree.fromstring(text)
    assert root.tag == f"{SVG}svg"
    assert [root.get(name) for name in ("width", "height", "viewBox")] == [
        *("90mm", "50.5mm", "0 0 90 50.5"),
    ]
    drawn = paths(text)
    assert len(drawn) == 3
    for path, stroke in zip(drawn, PAGE, strict=True):
        assert (path["fill"], path["stroke-linecap"]) == ("none", "round")
        places = values(path["d"].removesuffix("h0.1"))
        np.testing.assert_allclose(places[::3], stroke.points, atol=0.00051)
        if len(pieces := catmull_rom_beziers(stroke.points)):
            np.testing.assert_allclose(places[1:], pieces[:, 1:].reshape(-1, 2), atol=0.00051)
    assert drawn[1]["d"] == "M50 5.25h0.1"
    assert not re.search(r"\.\d{4}", text.partition("<g")[2])


def test_an_svg_has_ink_and_rules() -> None:
    text = svg(PAGE, LOOK, "t", "{}")
    root = ElementTree.fromstring(text)
    group = root.find(f"{SVG}g")
    assert group is not None
    assert (group.get("stroke"), group.get("stroke-width")) == ("#1a2a6c", "0.45")
    ruling = root.find(f"{SVG}path[@id='ruling']")
    assert ruling is not None
    assert ruling.get("d") == "M7 20H83M7 33.25H83"
    plain = replace(LOOK, paper=replace(LOOK.paper, ruling=()))
    assert "ruling" not in svg(PAGE, plain, "t", "{}")


def test_words_in_an_svg_are_only_words() -> None:
    words = '</title><script>alert("&amp;")</script>]]>'
    root = ElementTree.fromstring(svg(PAGE, LOOK, words, words))
    assert root.findtext(f"{SVG}title") == words
    assert root.findtext(f"{SVG}metadata") == words
    assert root.find(f".//{SVG}script") is None


def test_filled_ink_is_a_closed_outline() -> None:
    drawn = paths(svg(PAGE, replace(LOOK, filled=True), "t", "{}"))
    for path, stroke in zip(drawn, PAGE, strict=True):
        assert "stroke" not in path
        assert path["d"].endswith("Z")
        around = stroke_outline(ink_path(stroke.points, 0.45, True))
        np.testing.assert_allclose(values(path["d"]), around, atol=0.0051)


# PDF


def opened(file: bytes) -> list[bytes]:
    """Find the objects by the index, as a reader does."""
    start = int(re.findall(rb"startxref\n(\d+)\n%%EOF\n$", file)[0])
    head = re.match(rb"xref\n0 (\d+)\n0000000000 65535 f \n", file[start:])
    assert head
    size, table = int(head[1]), start + head.end()
    entries = [file[table + 20 * i : table + 20 * i + 20] for i in range(size - 1)]
    assert all(re.fullmatch(rb"\d{10} 00000 n \n", entry) for entry in entries)
    assert file[table + 20 * (size - 1) :].startswith(b"trailer\n<< /Size %d " % size)
    objects = []
    for i, entry in enumerate(entries, 1):
        content = file[int(entry[:10]) :]
        assert content.startswith(b"%d 0 obj\n" % i)
        objects.append(content[: content.index(b"\nendobj\n")])
    return objects


def stream(content: bytes) -> str:
    length = re.search(rb"/Length (\d+)", content)
    assert length
    packed = content.partition(b"\nstream\n")[2]
    assert packed[int(length[1]) :] == b"\nendstream"
    return zlib.decompress(packed[: int(length[1])]).decode()


def test_a_pdf_has_an_index_pages_and_a_title() -> None:
    file = pdf([PAGE, PAGE[:1]], LOOK, "Dear José (🙂)")
    objects = opened(file)
    assert file.startswith(b"%PDF-1.4\n")
    assert re.search(rb"/Root 1 0 R /Info 7 0 R", file)
    assert b"/Kids [3 0 R 5 0 R] /Count 2 /MediaBox [0 0 255.118 143.15]" in objects[1]
    assert b"/Contents 4 0 R" in objects[2]
    assert b"/Contents 6 0 R" in objects[4]
    assert stream(objects[3]).count(" m") == 3 + 2  # strokes and rules
    assert stream(objects[5]).count(" m") == 1 + 2
    title = re.search(rb"/Title <(\w+)>", objects[6])
    assert title
    assert bytes.fromhex(title[1].decode()).decode("utf-16") == "Dear José (🙂)"


def test_a_pdf_draws_the_curves_in_mm_from_the_top() -> None:
    lines = stream(opened(pdf([PAGE], LOOK, ""))[3]).splitlines()
    scale, b, c, up, x, y, cm = lines[0].split()
    assert (b, c, x, cm) == ("0", "0", "0", "cm")
    assert float(scale) == -float(up) == pytest.approx(72 / 25.4, abs=1e-6)
    assert float(y) == pytest.approx(50.5 * 72 / 25.4, abs=1e-3)
    assert lines[1] == "1 J 1 j"
    assert lines[2:5] == [
        "0.765 0.808 0.871 RG 0.2 w",
        "7 20 m 83 20 l S",
        "7 33.25 m 83 33.25 l S",
    ]
    assert lines[5:7] == ["0.102 0.165 0.424 RG", "0.45 w"]
    arcs = [values(line) for line in lines if line.endswith(" c")]
    pieces = np.concatenate(
        [catmull_rom_beziers(stroke.points) for stroke in PAGE if len(stroke.points) > 1]
    )
    np.testing.assert_allclose(arcs, pieces[:, 1:], atol=0.00051)
    starts = [values(line)[0] for line in lines[7:] if " m" in line]
    np.testing.assert_allclose(starts, [stroke.points[0] for stroke in PAGE], atol=0.00051)
    assert "50 5.25 m 50.1 5.25 l S" in lines
    assert lines.count("S") == 2


def test_a_filled_pdf_fills_the_outlines() -> None:
    text = stream(opened(pdf([PAGE], replace(LOOK, filled=True), ""))[3])
    assert "0.102 0.165 0.424 rg" in text
    shapes = text.partition("rg\n")[2].removesuffix("\nf").split("\nf\n")
    assert len(shapes) == len(PAGE)
    for shape, stroke in zip(shapes, PAGE, strict=True):
        around = stroke_outline(ink_path(stroke.points, 0.45, True))
        np.testing.assert_allclose(values(shape), around, atol=0.0051)
