"""Recordings: three kinds of file, lines cut as they were written, and what can't be read."""

import json
from pathlib import Path

import numpy as np
import pytest
from refusals import refused

from neuropil.apps.handwrite import recording, svg_strokes
from neuropil.apps.handwrite.recording import MOST_BYTES, StrokeRecording
from neuropil.apps.handwrite.strokes import Line, split_strokes

Places = list[list[list[float]]]

WORD: Places = [  # two letters, a dot and the cross of a t; the unit is a tenth of a small letter
    [[0, 0], [2, 10], [5, 9], [8, 0], [8, 10]],
    [[12, 0], [12, 10], [14, 9]],
    [[12, -6]],
    [[18, -8], [18, 9], [21, 10]],
    [[15, -3], [21, -3]],
]

MOST_POINTS = 2000  # in place of half a million
N_CURVES = MOST_POINTS // len(svg_strokes.CURVED)  # that give too many points


def placed(word: Places, right: float, down: float) -> Places:
    return [[[x + right, y + down] for x, y in stroke] for stroke in word]


def page(n: int, slope: float = 0.0, spacing: float = 28.0, words: int = 5) -> list[Places]:
    """Write n lines of some words, the last of each line with a descender."""
    lines = []
    for i in range(n):
        line = [s for j in range(words) for s in placed(WORD, 30 * j, spacing * i)]
        line.append([[30 * words, spacing * i], [30 * words, spacing * i + 18]])
        lines.append([[[x, y + slope * x] for x, y in stroke] for stroke in line])
    return lines


def flat(lines: list[Places]) -> Places:
    return [stroke for line in lines for stroke in line]


def json_file(folder: Path, found: object) -> Path:
    path = folder / "hand.json"
    path.write_text(json.dumps(found), encoding="utf-8")
    return path


def svg_file(folder: Path, word: Places) -> Path:
    corners = [" ".join(f"{x},{y}" for x, y in stroke) for stroke in word]
    inside = "".join(f'<polyline points="{c}"/>' for c in corners)
    path = folder / "hand.svg"
    path.write_text(f'<svg fill="none" stroke="#000">{inside}</svg>', encoding="utf-8")
    return path


def ink_file(folder: Path, traces: list[str], form: str = "") -> Path:
    inside = "".join(f"<trace>{trace}</trace>" for trace in traces)
    path = folder / "hand.inkml"
    space = "http://www.w3.org/2003/InkML"
    path.write_text(f'<ink xmlns="{space}">{form}{inside}</ink>', encoding="utf-8")
    return path


def only(path: Path, text: str | None = "it") -> Line:
    (line,) = StrokeRecording.open(path, text).lines
    return line.strokes


def places(line: Line) -> Places:
    return [stroke[:, :2].tolist() for stroke in split_strokes(line)]


def test_every_kind_of_file_holds_the_same_strokes(tmp_path: Path) -> None:
    traces = [", ".join(f"{x} {y}" for x, y in stroke) for stroke in WORD]
    with_names = [[{"x": x, "y": y} for x, y in stroke] for stroke in WORD]
    with_time = [[[x, y, 7, 0.5] for x, y in stroke] for stroke in WORD]
    found: list[object] = [WORD, with_names, with_time, {"strokes": [*WORD, []]}]
    for one in [*found, {"lines": [{"strokes": WORD}]}]:
        assert places(only(json_file(tmp_path, one))) == WORD
    assert places(only(svg_file(tmp_path, WORD))) == WORD
    assert places(only(ink_file(tmp_path, traces))) == WORD


def test_encodings_and_text_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "hand"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path.write_text(json.dumps({"text": " it ", "strokes": WORD}), encoding=encoding)
        (line,) = StrokeRecording.open(path, None).lines
        assert (line.text, places(line.strokes)) == ("it", WORD)
    path.write_text(svg_file(tmp_path, WORD).read_text(encoding="utf-8"), encoding="utf-16")
    assert places(only(path)) == WORD


INK_SPELLINGS = [  # channels, the same stroke, the first from the InkML specification, 4.2.1
    ("X Y", "1125 18432,'23'43,\"7\"-8,3-5,7 -3,6 2,6 8,3 6,2 8,"),
    (
        "X Y",
        "1125 18432, 1148 18475, 1178 18510, 1211 18540, 1251 18567, 1297 18596, 1349 18633,"
        "1404 18676, 1461 18727",
    ),
    (
        "T Y F X",
        "0 18432 * 1125, 1'43 1'23, 1 35 1 30, 2 30 1 33, ? 27 1 40, 3 29 1 46, 3 37 1 52,"
        "3 43 1 55, 4!18727 1 57",
    ),
]


@pytest.mark.parametrize(("names", "trace"), INK_SPELLINGS)
def test_ink_channels_and_differences(tmp_path: Path, names: str, trace: str) -> None:
    channels = "".join(f'<channel name="{name}"/>' for name in names.split())
    path = ink_file(tmp_path, [trace], f"<traceFormat>{channels}</traceFormat>")
    x, y, _ = only(path).T
    assert x.tolist() == [1125, 1148, 1178, 1211, 1251, 1297, 1349, 1404, 1461]
    assert y.tolist() == [18432, 18475, 18510, 18540, 18567, 18596, 18633, 18676, 18727]


def test_ink_that_stays_runs_backwards_or_hovers(tmp_path: Path) -> None:
    form = '<traceFormat><channel name="X"/><channel name="Y" orientation="-ve"/></traceFormat>'
    path = ink_file(tmp_path, ["0 0, 5 -10, * -20, '1 *"], form)
    path.write_text(
        path.read_text(encoding="utf-8").replace("</ink>", '<trace type="penUp">9 9</trace></ink>'),
        encoding="utf-8",
    )
    assert places(only(path, "i")) == [[[0, 0], [5, 10], [5, 20], [6, 20]]]


@pytest.mark.parametrize("n", [2, 3, 7])
@pytest.mark.parametrize("slope", [-0.15, 0.0, 0.1])
@pytest.mark.parametrize("spacing", [28.0, 45.0])
def test_lines_are_cut_as_written(tmp_path: Path, n: int, slope: float, spacing: float) -> None:
    """Dots and crosses go with the line below them, descenders with theirs, in any order."""
    lines = page(n, slope, spacing)
    shuffled = flat(lines)
    np.random.default_rng(n).shuffle(shuffled)
    text = "\n".join(f"it it it it it{i}" for i in range(n))
    found = StrokeRecording.open(json_file(tmp_path, shuffled), text).lines
    assert [line.text for line in found] == text.split("\n")
    for line, written in zip(found, lines, strict=True):
        assert sorted(places(line.strokes)) == sorted(written)


def test_unequal_lines(tmp_path: Path) -> None:
    """A short last line is a line, and a long row of dots is none."""
    short = [*flat(page(2)), *placed(WORD, 0, 56)]
    found = StrokeRecording.open(
        svg_file(tmp_path, short), "it it it it itj\\nit it it it itj\\nit"
    ).lines
    assert [len(split_strokes(line.strokes)) for line in found] == [26, 26, 5]
    dots = [*flat(page(1)), *([[[4.0 * i, -9.0], [4.0 * i, -8.5]] for i in range(40)])]
    assert len(split_strokes(only(json_file(tmp_path, dots), "it it it it itj"))) == 66


def test_texts_go_to_the_lines_of_a_file(tmp_path: Path) -> None:
    one, two = page(2)
    first = {"text": "it it it it itj", "strokes": one}
    path = json_file(tmp_path, {"lines": [first, {"text": "It it it it itj", "strokes": two}]})
    assert [line.text[:2] for line in StrokeRecording.open(path, None).lines] == ["it", "It"]
    given = StrokeRecording.open(path, "at at at at atj\\nAt at at at atj\n").lines
    assert [line.text[:2] for line in given] == ["at", "At"]
    assert [places(line.strokes) for line in given] == [one, two]
    both = {"text": "it it it it itj\nIt it it it itj", "strokes": one + two}
    assert len(StrokeRecording.open(json_file(tmp_path, {"lines": [both]}), None).lines) == 2
    told = {"text": "it it it it itj it it it it itj", "strokes": one + two}
    assert len(StrokeRecording.open(json_file(tmp_path, {"lines": [told]}), None).lines) == 1


def test_backslash_is_kept_in_a_file(tmp_path: Path) -> None:
    (line,) = StrokeRecording.open(
        json_file(tmp_path, {"text": r"i\n", "strokes": WORD}), None
    ).lines
    assert line.text == r"i\n"


BAD = [  # file, text, code, what is named
    ("", "it", "input.empty", ""),
    ("hello", "it", "input.kind", ""),
    ("{", "it", "input.damaged", "line 1"),
    ("[" * 100_000, "it", "input.damaged", ""),
    ("{}", "it", "input.damaged", ""),
    ('{"lines": []}', "it", "input.damaged", ""),
    ('{"lines": [[[[1, 2]]]]}', "it", "input.damaged", "{"),
    ('{"strokes": 3}', "it", "input.damaged", "{"),
    ('{"strokes": [[[1, 2]]], "text": 5}', None, "input.damaged", "{"),
    ("[3]", "it", "input.damaged", "3"),
    ("[[3]]", "it", "input.damaged", "3"),
    ('[[["1", 2]]]', "it", "input.damaged", "[x, y]"),
    ("[[[true, 2]]]", "it", "input.damaged", "[x, y]"),
    ("[[[1]]]", "it", "input.damaged", "[x, y]"),
    ('[[{"x": 1}]]', "it", "input.damaged", "[x, y]"),
    ("[[[NaN, 2]]]", "it", "input.damaged", "[x, y]"),
    ("[[[Infinity, 2]]]", "it", "input.damaged", "[x, y]"),
    (f"[[[1{'0' * 400}, 2]]]", "it", "input.damaged", "[x, y]"),
    ("[]", "it", "input.empty", ""),
    ("[[]]", "it", "input.empty", ""),
    ("<svg/>", "it", "input.empty", ""),
    ("<svg", "it", "input.damaged", ""),
    ("<html/>", "it", "input.kind", "<html>"),
    ('<?xml version="1.0" encoding="klingon"?><svg/>', "it", "input.damaged", ""),
    ('<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg>&a;</svg>', "it", "input.content", "DOCTYPE"),
    ("<ink/>", "it", "input.empty", ""),
    ("<ink><trace>1 2, 3</trace></ink>", "it", "input.damaged", "1 2, 3"),
    ("<ink><trace>1 2, x y</trace></ink>", "it", "input.damaged", "1 2, x y"),
    ("<ink><trace>1 2, 3 ?</trace></ink>", "it", "input.content", "stroke 1"),
    ("<ink><trace>1 2, 3 1e13</trace></ink>", "it", "input.content", "stroke 1"),
    ('<ink><traceFormat><channel name="X"/></traceFormat></ink>', "it", "input.content", "X"),
    (
        '<ink><traceFormat><channel name="X"/><channel name="Y"/></traceFormat>'
        '<traceFormat><channel name="Y"/><channel name="X"/></traceFormat></ink>',
        "it",
        "input.content",
        "",
    ),
    (json.dumps(WORD), None, "option.missing", ""),
    (json.dumps({"text": " ", "strokes": WORD}), None, "input.empty", ""),
    (json.dumps(WORD), " \n ", "input.empty", ""),
    (json.dumps(WORD), "i\x07t", "text.unwritable", "U+0007"),
    (json.dumps({"text": "\ud800", "strokes": WORD}), None, "text.unwritable", "U+D800"),
    (json.dumps(WORD), "it\n" * 11, "input.too_large", "11 lines"),
    (json.dumps({"lines": [{"strokes": WORD}] * 11}), "it", "input.too_large", "11 lines"),
    (
        json.dumps({"lines": [{"strokes": WORD, "text": "it\nit\nit\nit\nit\nit"}] * 2}),
        None,
        "text.mismatch",
        "1 line of writing found and 6 lines of text",
    ),
    (json.dumps(WORD), "it\\nit", "text.mismatch", "2 lines of text"),
    (json.dumps(flat(page(3))), "it", "text.mismatch", "1 line of text"),
    (json.dumps(flat(page(3))), "it\nit", "text.mismatch", "2 lines of text"),
    (json.dumps({"lines": [{"strokes": WORD}] * 3}), "a\nb", "text.mismatch", "3 lines"),
    (json.dumps(WORD), "i" * 60, "text.mismatch", "60 characters"),
    ("[[[1, 2]]]", "i", "text.mismatch", "1 point for 1 character"),
    (json.dumps(flat(page(1))), "i", "text.mismatch", "1 character"),
    (json.dumps([[[0, 0], [1e12, 1e12]] * 20]), "i", "text.mismatch", "1 character"),
]


@pytest.mark.parametrize(("content", "text", "code", "given"), BAD)
def test_what_can_not_be_learned_from_is_refused(
    tmp_path: Path, content: str, text: str | None, code: str, given: str
) -> None:
    path = tmp_path / "hand"
    path.write_text(content, encoding="utf-8")
    with refused(code, path, given) as caught:
        StrokeRecording.open(path, text)
    assert caught.value.facts["path"] == path
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400 + len(str(path))


def test_ten_lines_cut_from_several_drawings_are_the_most(tmp_path: Path) -> None:
    text = "\n".join(["it it it it itj"] * 6)
    found = {"lines": [{"strokes": flat(page(6)), "text": text}] * 2}
    with refused("input.too_large", "12 lines"):
        StrokeRecording.open(json_file(tmp_path, found), None)


def test_files_that_are_none_or_too_large(tmp_path: Path) -> None:
    with refused("input.missing", "none.json"):
        StrokeRecording.open(tmp_path / "none.json", "it")
    with refused("input.kind", tmp_path):
        StrokeRecording.open(tmp_path, "it")
    large = tmp_path / "large.json"
    with large.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with refused("input.too_large", large, "20 MB"):
        StrokeRecording.open(large, "it")


@pytest.mark.parametrize(
    "content",
    [
        f"[[{'[1,2],' * MOST_POINTS}[1,2]]]",
        f'<svg stroke="red"><path d="M0 0{"h1" * (MOST_POINTS + 1)}"/></svg>',
        f'<svg stroke="red"><path d="M0 0{"t1 1" * N_CURVES}"/></svg>',
        f"<ink><trace>{'1 2,' * (MOST_POINTS + 1)}</trace></ink>",
    ],
    ids=["json", "lines", "curves", "ink"],
)
def test_too_many_points(tmp_path: Path, content: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(svg_strokes, "MOST_POINTS", MOST_POINTS)
    path = tmp_path / "hand"
    path.write_text(content, encoding="utf-8")
    with refused("input.too_large", path, MOST_POINTS):
        StrokeRecording.open(path, "it")


@pytest.mark.parametrize(
    ("trace", "code"),
    [
        (" " * 300_000 + "x", "input.damaged"),
        ("1 " * 300_000, "text.mismatch"),
        ("'" * 300_000, "input.damaged"),
    ],
    ids=["blanks", "numbers", "signs"],
)
def test_hostile_traces_end(tmp_path: Path, trace: str, code: str) -> None:
    with refused(code, "hand.inkml"):
        StrokeRecording.open(ink_file(tmp_path, [trace]), "i")


def test_scribbles_are_counted_without_being_resampled(monkeypatch: pytest.MonkeyPatch) -> None:
    zigzag = [[1000.0 * (i % 2), 0.001 * i] for i in range(1000)]
    line = recording.join_strokes([np.array(zigzag)])
    monkeypatch.delattr(recording, "resample")
    assert recording.count_points(line, 60) > 200_000


def test_external_entities_and_utf_16_doctypes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "hand.svg"
    entity = '<!DOCTYPE svg [<!ENTITY a SYSTEM "hand.svg">]><svg>&a;</svg>'
    path.write_text(f'<?xml version="1.0" encoding="utf-16"?>{entity}', encoding="utf-16")
    with refused("input.content", path, "DOCTYPE"):
        StrokeRecording.open(path, "it")
