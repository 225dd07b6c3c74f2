"""The application on its own networks: texts in, files out, mistakes in a sentence."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from refusals import refused
from stopwatch import stopped_soon

from neuropil.apps.handwrite import verification
from neuropil.apps.handwrite.alphabet import encode_text
from neuropil.apps.handwrite.app import (
    DEFAULT_TRIES,
    Handwrite,
    HandwritingResult,
    WritingSettings,
    check_text,
    unread_words,
)
from neuropil.apps.handwrite.breaking import Part
from neuropil.apps.handwrite.ctc import edit_distance
from neuropil.apps.handwrite.generation import (
    LineRequest,
    LineState,
    WrittenLine,
    generate_states,
    to_line,
)
from neuropil.apps.handwrite.mending import Piece
from neuropil.apps.handwrite.probe import decoding_steps, replay
from neuropil.apps.handwrite.setting import Placed, SetLine
from neuropil.apps.handwrite.styles import Style, shipped_styles
from neuropil.apps.handwrite.verification import Draft
from neuropil.core.neuron import NeuronRecord
from neuropil.kit.drawing.drawing import Drawing
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.microscope.graph import load_graph
from neuropil.microscope.walk import walk_back
from neuropil.surfaces.cli import main as cli
from neuropil.surfaces.cli.parameters import find_text


@pytest.fixture(scope="module")
def app() -> Handwrite:
    return Handwrite(threads=1)


def written(app: Handwrite, text: str, **options: object) -> HandwritingResult:
    done = app(text, **{"tries": 1, **options})  # type: ignore[arg-type]
    assert isinstance(done, HandwritingResult)
    return done


def points(done: HandwritingResult) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.concatenate([s.points for page in done.drawing.pages for s in page])


def test_a_seed_repeats_and_another_does_not(app: Handwrite) -> None:
    one, two, other = (written(app, "Dear Ada,", seed=seed) for seed in (4, 4, 5))
    assert np.array_equal(points(one), points(two))
    assert not np.array_equal(points(one)[:5], points(other)[:5])


def test_a_line_is_the_same_whatever_stands_around_it(app: Handwrite) -> None:
    alone = written(app, "Dear Ada,", seed=2)
    among = written(app, "Dear Ada,\nhow are you?\n\nSo long", seed=2)
    n = len(alone.drawing.pages[0])
    assert n > 1
    assert len(among.drawing.pages[0]) > n
    for a, b in zip(alone.drawing.pages[0], among.drawing.pages[0][:n], strict=True):
        assert np.allclose(np.diff(a.points, axis=0), np.diff(b.points, axis=0))


def test_repeated_lines_are_no_copies(app: Handwrite) -> None:
    done = written(app, "so so\nso so")
    strokes = done.drawing.pages[0]
    low = np.array([s.points[:, 1].mean() for s in strokes])
    upper = [s for s, y in zip(strokes, low, strict=True) if y < low.mean()]
    lower = [s for s, y in zip(strokes, low, strict=True) if y >= low.mean()]
    shape = np.diff(upper[0].points, axis=0), np.diff(lower[0].points, axis=0)
    assert shape[0].shape != shape[1].shape or not np.allclose(*shape)


def test_what_is_reported_is_what_is_read(app: Handwrite) -> None:
    done = written(app, "Dear Ada,")
    assert done.retried_lines == 0
    assert done.style == "ada"


def test_misread_lines_and_words_are_told_where_errors_count(app: Handwrite) -> None:
    made = [written(app, "we met in June", seed=seed) for seed in range(8)]
    wrong = [done.character_error_rate > 0 for done in made]
    assert {*wrong} == {True, False}
    assert [bool(done.misread_lines) for done in made] == wrong
    assert [bool(done.unread_words) for done in made] == wrong


def test_retries_mend_what_reads_wrong(app: Handwrite) -> None:
    once = [written(app, "we met in June", seed=seed) for seed in range(4)]
    often = [written(app, "we met in June", seed=seed, tries=6) for seed in range(4)]
    before, after = ([done.character_error_rate for done in made] for made in (once, often))
    gains = np.subtract(before, after)
    assert gains.min() >= 0 < gains.max()
    assert all(b.retried_lines for b, gain in zip(often, gains, strict=True) if gain)


def test_a_long_text_goes_on_over_pages(app: Handwrite) -> None:
    done = written(app, "\n".join(["so"] * 50), paper="a4", ruled=True)
    assert len(done.drawing.pages) == 2
    assert all(done.drawing.pages)
    heights = [s.points[:, 1].mean() for s in done.drawing.pages[0]]
    assert 15 < min(heights) < max(heights) < 285
    assert (done.drawing.paper.width, done.drawing.paper.height) == (210, 297)
    assert len(done.drawing.paper.ruling) > 20


def test_a_long_text_can_be_stopped_at_every_line(app: Handwrite) -> None:
    with stopped_soon():
        app("we walked along the sea, and it was fine\n" * 40, tries=1)


def test_alignment_and_margins(app: Handwrite) -> None:
    left, right = (
        points(written(app, "so", paper="letter", align=side, margin=30.0))[:, 0]
        for side in ("left", "right")
    )
    assert 29 < left.min() < 34
    assert 180 < right.max() < 187


def test_size_and_slant(app: Handwrite) -> None:
    small, large = (points(written(app, "handwriting", size=size)) for size in (2.0, 6.0))
    assert np.allclose(np.ptp(large, axis=0), 3 * np.ptp(small, axis=0), rtol=0.2)
    leaning = points(written(app, "handwriting", slant=30.0))
    upright = points(written(app, "handwriting"))
    assert not np.allclose(np.ptp(leaning, axis=0), np.ptp(upright, axis=0))


def extent(done: HandwritingResult) -> list[tuple[float, float, float, float]]:
    """Measure the ink of each page: left, top, right, bottom."""
    found = []
    for number in range(len(done.drawing.pages)):
        inked = done.drawing.image(number, dots=4).pixels.min(axis=2) < 128
        rows, columns = (np.flatnonzero(inked.any(axis=axis)) / 4 for axis in (1, 0))
        found.append((columns[0], rows[0], columns[-1] + 0.25, rows[-1] + 0.25))
    return found


WIDE = "have not stopped playing with it since. Tom says he will write"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"align": "right", "slant": 30.0, "filled": True},
        {"size": 6.0, "align": "center", "margin": 35.0, "width": 2.0},
        {"style": Style.parse("karl"), "slant": -30.0, "spacing": 1.0},
        {"style": Style.parse("hedy"), "size": 9.0, "paper": "letter"},
    ],
)
def test_no_ink_lies_beyond_the_margins(app: Handwrite, options: dict[str, Any]) -> None:
    options = {"paper": "a4", "margin": 20.0, **options}
    done = written(app, WIDE, **options)
    paper, margin = done.drawing.paper, options["margin"]
    for left, top, right, bottom in extent(done):
        assert margin <= left < right <= paper.width - margin
        assert margin <= top < bottom <= paper.height - margin


def test_a_word_without_room_is_broken(app: Handwrite) -> None:
    done = written(app, "zoe.quinn@example.com", paper="a4", size=6.0, margin=60.0)
    assert points(done)[:, 0].max() <= 150
    lines = {round(float(s.points[:, 1].mean()) / 21.6) for s in done.drawing.pages[0]}
    assert len(lines) > 1


def test_letters_without_room_are_refused_before_anything_is_written(
    app: Handwrite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "neuropil.apps.handwrite.app.write_verified", lambda *_: pytest.fail("it was written")
    )
    with refused("option.conflict", "size 30", "10 x 97 mm", "a4", "size of at most "):
        written(app, "so", paper="a4", size=30.0, margin=99.8, width=0.2)


def test_words_that_read_wrong_are_named_as_they_were_meant(
    app: Handwrite, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = {"Dear Zoe,": "Dear 2oe,", "my": "my", "e-mail:": "c --mail:"}
    text = "Dear Zoë,\nmy\ne-mail:"
    monkeypatch.setattr(
        verification, "recognize", lambda _, row, n: misread(row, n, reads[row.task.text])
    )
    wrong = written(app, text)
    assert wrong.misread_lines == ("Dear 2oe,", "c --mail:")
    assert wrong.unread_words == ("Zoë,", "e-mail:")
    assert wrong.character_error_rate == 4 / 18


def misread(row: LineState, attempt: int, read: str) -> Draft:
    text = row.task.text
    whole = (Piece(row, 0, len(row.points)),)
    return Draft(
        to_line(row), text, read, edit_distance(read, text), np.zeros(9), attempt, row, whole
    )


def test_a_word_that_is_broken_is_named_once_and_whole() -> None:
    row = LineState(0, LineRequest("x", np.zeros(3, np.float32), 0.0, ()), np.random.default_rng(0))
    dot = WrittenLine(np.zeros((1, 3)), np.zeros(1, np.int64))

    def line(text: str, read: str, start: int, word: int) -> SetLine:
        draft = Draft(dot, text, read, 1, np.zeros(9), 0, row)
        placed = Placed(draft, dot.line, dot.letter)
        return SetLine(0, Part(start, start + len(text), word), text, placed)

    lines = [line("to zoe.", "tu zoc.", 0, 0), line("quinn", "quihn", 7, 1)]
    assert unread_words("to zoe.quinn", lines) == ("to", "zoe.quinn")


def test_accents_and_signs_that_are_not_there(app: Handwrite) -> None:
    plainly, accented = points(written(app, "Muller")), points(written(app, "Müller"))
    assert len(accented) >= len(plainly) + 2 * 2  # two dots of two points at least
    with refused("text.unwritable", "✓ (check mark) 你"):
        app("so ✓ 你")
    assert written(app, "so ✓", replace=True).drawing.about["text"] == "so ✓"


def test_lines_begin_behind_their_indent_and_columns_at_tab_stops(app: Handwrite) -> None:
    def rows(text: str) -> list[NDArray[np.float64]]:
        (page,) = written(app, text, spacing=8).drawing.pages  # so wide apart that no lines touch
        x, y = np.concatenate([stroke.points for stroke in page]).T
        number = np.round((y - y.min()) / (8 * 2.5)).astype(int)
        return [np.sort(x[number == n]) for n in range(number.max() + 1)]

    plain, indented = rows("minimum\n    minimum")
    assert 10 < indented.min() - plain.min() < 16
    starts = [row[np.diff(row).argmax() + 1] for row in rows("so\tman\nwe\tmum")]
    assert abs(starts[0] - starts[1]) < 0.5


@pytest.mark.parametrize("text", ["", "  ", "\n\n"])
def test_nothing_to_write_is_refused(app: Handwrite, text: str) -> None:
    with refused("input.empty"):
        app(text)


def test_the_drawing_opens_again(app: Handwrite, tmp_path: Path) -> None:
    done = written(app, "Dear Ada,", style=Style.parse("random-3"), ink="#102030", filled=True)
    done.drawing.save(tmp_path / "a.svg")
    again = Drawing.open(tmp_path / "a.svg")
    assert again.about["text"] == "Dear Ada,"
    assert again.about["style"]["name"] == "random-3"
    assert np.allclose(again.about["style"]["vector"], shipped_styles()["all"][3])
    assert (again.ink, again.filled) == ("#102030", True)


def test_a_hand_is_learned_and_written_in(app: Handwrite, tmp_path: Path) -> None:
    done = written(app, "how are you today", style=Style.parse("dora"))
    strokes = [s.points.tolist() for s in done.drawing.pages[0]]
    (tmp_path / "own.json").write_text(json.dumps({"strokes": strokes}))
    line = f"handwrite-learn {tmp_path / 'own.json'} -o {tmp_path / 'mine.style'}"
    assert cli.run([*line.split(), "--text", "how are you today"]) == 0
    mine = Style.open(tmp_path / "mine.style")
    assert mine.name == "own"
    assert np.abs(mine.vector).max() <= 1
    assert not np.allclose(mine.vector, shipped_styles()["all"][shipped_styles()["named"]["ada"]])
    again = cli.run(["handwrite", "so", "--style", str(tmp_path / "mine.style"), *OUT(tmp_path)])
    assert again == 0


def OUT(folder: Path) -> list[str]:
    return ["--tries", "1", "-o", str(folder / "so.svg")]


# --- the pen opened ----------------------------------------------------------------------------


def test_a_step_of_the_pen_is_opened(app: Handwrite) -> None:
    probe = app.probe("Dear Ada,", step=7)
    walk = walk_back(load_graph(probe.network), probe, depth=4)
    assert len(walk.steps) >= 9
    record: list[NeuronRecord] = [stage.record for stage in walk.steps]
    assert all(w.check().passed for w in record)
    assert "as the window sees it" in record[0].name
    assert record[6].name.startswith("dx of the point")
    mean = record[7]
    assert record[6].terms[0].x == pytest.approx(mean.a, rel=1e-5)
    made = OnnxNetwork(probe.network, threads=1).run(**probe.inputs)["mixture"]
    assert mean.a == pytest.approx(float(made[probe.unit.index]), abs=1e-5)


@pytest.mark.parametrize("name", ["share", "sigma_dx", "sigma_dy", "tanh_r"])
def test_a_step_is_proven_by_what_was_recorded_when_it_was_drawn(app: Handwrite, name: str) -> None:
    pen = app.network("pen")
    (row,) = generate_states(pen, [LineRequest("so", Style.parse("ada").vector, 0.5, (3,))])
    _, made = replay(pen, row, 4)
    mixture = made["mixture"][0]
    assert all(s.record.check().passed for s in decoding_steps(row, mixture, made, 4))
    row.drawn[4] = row.drawn[4]._replace(**{name: 1.01 * getattr(row.drawn[4], name)})
    wrong = [s.record for s in decoding_steps(row, mixture, made, 4) if not s.record.check().passed]
    told = {"share": "share of", "sigma_dx": "sigma of dx", "sigma_dy": "sigma of dy"}
    assert wrong[0].name.startswith(told.get(name, "tanh(r)"))


def test_the_opened_step_is_the_one_that_was_written(app: Handwrite) -> None:
    """The points of a line are the sums of the steps that are told."""
    first, second = (app.probe("Dear", step=step) for step in (0, 1))
    assert not first.inputs["point"].any()
    dx = first.steps[6].record.a, first.steps[5].record.a
    assert np.allclose(second.inputs["point"][0, :2], dx, atol=1e-5)


def test_steps_of_a_mended_line_are_opened_in_the_row_that_made_them(
    app: Handwrite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every word is written alone, in the nearest styles too, until one is set in."""
    monkeypatch.setattr(verification, "FAILURES", 0)

    def judged(reader: OnnxNetwork, row: LineState, attempt: int) -> Draft:
        return misread(row, attempt, "Dear Ad")

    monkeypatch.setattr(verification, "recognize", judged)
    order = verification.WriteRequest(
        ["Dear Ada,"], Style.parse("ada").vector, 0.5, 0, DEFAULT_TRIES
    )
    ((_, draft),) = verification.write_verified(app.network("pen"), app.network("reader"), order)
    assert len(draft.pieces) > 1, "nothing was mended; take another seed"
    step = len(draft.penned.line) - 1
    row, its_own = draft.behind(step)
    assert row.task.text == "Ada,"
    probe = app.probe("Dear Ada,", step=step)
    given = probe.inputs["text"][0].argmax(axis=1)
    assert given[: len("Ada,") + 1].tolist() == [*encode_text("Ada,"), 0]
    assert np.array_equal(probe.inputs["point"][0], row.points[its_own - 1])


def test_a_step_beyond_the_line_is_refused(app: Handwrite) -> None:
    with refused("option.range", "step 5000"):
        app.probe("so", step=5000)
    with refused("option.range", 119, "1 to 71"):
        app.probe("so " * 40, step=1)


# --- the command line --------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["svg", "png", "gif", "pdf", "gcode", "hpgl", "dxf", "json"])
def test_every_ending_is_written(tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"so.{ending}"
    assert cli.run(["handwrite", "so", "--tries", "1", "-o", str(target), "--speed", "9"]) == 0
    assert target.stat().st_size > 100


def test_without_a_name_it_is_an_svg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.run(["handwrite", "--text", "so", "--tries", "1"]) == 0
    assert Path("handwrite.svg").read_text().startswith("<")
    assert cli.run(["handwrite", "so", "--tries", "1"]) == 2  # it is there already


def piped(content: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content))


def test_what_is_piped_in_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", piped(b"\xff\xff"))
    with refused("input.damaged", "UTF-8"):
        find_text("-", None, "text")
    monkeypatch.setattr("sys.stdin", piped(b"a" * 10_000_001))
    with refused("input.too_large", "10 MB"):
        find_text("-", None, "text")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Dear Ada,\\nso far", "Dear Ada,\nso far"),
        ("@@home", "@home"),
        ("@", "@"),
        ("a @@ b", "a @@ b"),
    ],
)
def test_typed_texts_have_new_lines_and_may_begin_with_an_at_sign(typed: str, meant: str) -> None:
    assert find_text(typed, None, "text") == meant


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_part_of_a_text(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "letter.txt"
    file.write_bytes("Grüße\r\naus \\n Köln".encode(encoding))
    assert find_text(f"@{file}", None, "text") == "Grüße\naus \\n Köln"


def test_texts_come_from_files_and_pipes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.txt").write_text("so far", encoding="utf-8")
    assert cli.run(["handwrite", f"@{tmp_path / 'a.txt'}", *OUT(tmp_path)]) == 0
    assert Drawing.open(tmp_path / "so.svg").about["text"] == "so far"
    monkeypatch.setattr("sys.stdin", piped(b"so good\r\n"))
    assert cli.run(["handwrite", "-", *OUT(tmp_path), "--force", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["style"] == "ada"
    assert told["files"] == {"drawing": [str(tmp_path / "so.svg")]}
    assert Drawing.open(tmp_path / "so.svg").about["text"] == "so good"


MISTAKES = [
    ("handwrite", "nothing to write"),
    ("handwrite so --text so", "two texts"),
    ("handwrite @no.txt", "can't be read"),
    ("handwrite so -o so.docx", "end the name in .svg, .png"),
    ("handwrite so --paper a9", "none, a3, a4, a5, a6, legal, letter, or width and height in mm"),
    ("handwrite so --paper 0x9", "paper's width"),
    ("handwrite so --style nobody", "no style is called nobody"),
    ("handwrite so --style random-99999", "the last is random-"),
    ("handwrite so --style no.style", "no.style"),
    ("handwrite so --neatness 2", "neatness"),
    ("handwrite so --ink blue", "#1a2a6c"),
    ("handwrite-learn no.json -o a.style", "no.json"),
    ("handwrite so --weights no.onnx", "no.onnx"),
    ("handwrite so -o so.doc", "so.doc can't be written; end the name in .svg, .png, "),
    ("open handwrite so", "step is missing"),
    ("open handwrite", 'neuropil open handwrite "Dear Ada,"'),
]


@pytest.mark.parametrize(("line", "sentence"), MISTAKES)
def test_mistakes_are_said_in_a_sentence(
    line: str,
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.run(line.split()) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "code", "given"),
    [
        (lambda s: s[:40], "input.damaged", ""),
        (lambda s: s.replace('"version": 1', '"version": 2'), "input.kind", "version 2"),
        (lambda s: s.replace("neuropil handwriting", "other"), "input.kind", "'other style'"),
        (lambda s: s.replace('"vector": [', '"vector": [7, '), "input.damaged", "-1 and 1"),
    ],
)
def test_damaged_styles_are_refused(change: object, code: str, given: str, tmp_path: Path) -> None:
    path = tmp_path / "a.style"
    Style.parse("ada").save(path)
    assert callable(change)
    path.write_text(change(path.read_text()))
    with refused(code, path, given):
        Style.parse(str(path))


def test_random_says_which_it_took() -> None:
    style = Style.parse("random")
    assert np.array_equal(Style.parse(style.name).vector, style.vector)
    assert replace(style, name="x").name == "x"


def test_a_file_keeps_how_it_came_about(app: Handwrite, tmp_path: Path) -> None:
    done = written(app, "Dear Ada,", seed=3)
    done.drawing.save(tmp_path / "letter.svg")
    about = Drawing.open(tmp_path / "letter.svg").about
    assert about["character_error_rate"] == done.character_error_rate
    assert (about["text"], about["seed"]) == ("Dear Ada,", 3)


def test_help_tells_what_can_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["handwrite", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "a file (.svg .png .gif .mp4 .pdf .gcode .hpgl .dxf .json)" in said


def test_of_written_lines_the_steps_are_not_kept(app: Handwrite) -> None:
    manner = WritingSettings(Style.parse("ada"), 0.5, 0, 1, replace=False)
    ((_, draft),) = app.write_lines(manner, ["so"], [0])
    assert len(draft.penned.line)
    assert (draft.row.points, draft.row.pauses, draft.row.drawn) == ([], {}, [])


@pytest.mark.parametrize("text", ["", " \n ", "\u200b", "\ufeff\n\u00ad", "\0"])
def test_a_text_of_which_nothing_is_seen_is_refused(text: str) -> None:
    with refused("input.empty", "nothing to write"):
        check_text(text, replace=False)
