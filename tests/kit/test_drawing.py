import itertools
import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from listening import listening
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageSequence
from refusals import refused
from stopwatch import stopped_soon

from neuropil.kit import progress
from neuropil.kit.drawing import animation, drawing
from neuropil.kit.drawing.drawing import Drawing, Paper, Plotter, Stroke
from neuropil.kit.media.film import Film
from neuropil.kit.media.image import Image

PAPER = Paper(40, 30.5, ruling=(10.0, 20.0), margin=4)
CLOCK = np.linspace(0, 6, 40)
WAVE = Stroke(np.stack([4 + 5 * CLOCK, 15 + 6 * np.sin(2 * CLOCK)], axis=1))
DOT = Stroke(np.array([[30.0, 4]]))
LINE = Stroke(np.array([[5.0, 25], [35, 25]]))
LETTER = Drawing(
    ((WAVE, DOT), (LINE,), ()),
    PAPER,
    ink="#A01020",
    pen=0.8,
    filled=True,
    speed=2.5,
    plotter=Plotter(feed=1000, settle=0),
    about={"text": "Dear <José> & co\x00,\nhow are you?", "seed": 7, "style": [0.5, None]},
)
ONE = Drawing(((LINE,),), PAPER)
STRIP = replace(  # low, so that films of it are small
    LETTER,
    pages=tuple(tuple(Stroke(s.points * (1, 0.2)) for s in page) for page in LETTER.pages),
    paper=Paper(40, 6.1, ruling=(2.0, 4.0), margin=4),
    speed=50,
)
MOVES = [".gif", ".mp4"]


def same(one: Drawing, other: Drawing, pages: slice = slice(None)) -> None:
    """Compare whatever a drawing holds; strokes to the micrometer."""
    given = one.pages[pages]
    assert [len(page) for page in given] == [len(page) for page in other.pages]
    for page, twin in zip(given, other.pages, strict=True):
        for stroke, read in zip(page, twin, strict=True):
            np.testing.assert_array_equal(np.round(stroke.points, 3), read.points)
    for name in ("paper", "ink", "pen", "filled", "speed", "plotter", "about"):
        assert getattr(one, name) == getattr(other, name), name


# Values


@pytest.mark.parametrize("pages", [(), ((),), ((), ())])
def test_nothing_is_no_drawing(pages: Any) -> None:
    with refused("input.empty"):
        Drawing(pages, PAPER)


@pytest.mark.parametrize(
    ("change", "code", "given"),
    [
        ({"ink": "blue"}, "option.syntax", "blue"),
        ({"ink": '#000000"/>'}, "option.syntax", '#000000"/>'),
        ({"ink": "#12345"}, "option.syntax", "#12345"),
        ({"pen": 0}, "option.range", "0"),
        ({"speed": float("nan")}, "option.range", "nan"),
        ({"about": {"a": float("nan")}}, "input.content", "about"),
        ({"about": {"a": object()}}, "input.content", "about"),
    ],
)
def test_what_can_not_be_drawn_is_refused(change: dict[str, Any], code: str, given: str) -> None:
    with refused(code, given):
        replace(ONE, **change)


def test_titles_are_the_first_line_that_can_be_shown() -> None:
    assert LETTER.title == "Dear <José> & co,"
    assert ONE.title == "Drawing"
    assert replace(ONE, about={"text": "\n \n" + 90 * "a"}).title == 80 * "a"


# Files


@pytest.mark.parametrize("name", ["letter.json", "letter.SVG"])
@pytest.mark.parametrize("filled", [True, False])
def test_what_was_saved_is_opened_again(tmp_path: Path, name: str, filled: bool) -> None:
    letter = replace(LETTER, filled=filled)
    letter.save(tmp_path / name)
    again = Drawing.open(tmp_path / name)
    same(letter, again)
    again.save(tmp_path / "again.json")
    letter.save(tmp_path / "first.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "first.json").read_bytes()


@pytest.mark.parametrize("ending", [".gcode", ".hpgl", ".dxf"])
def test_lines_that_a_plotter_can_not_fill_are_said(tmp_path: Path, ending: str) -> None:
    with listening() as said:
        replace(LETTER, filled=False).save(tmp_path / f"plain{ending}")
        LETTER.save(tmp_path / "filled.svg")
    assert said == []
    with listening() as said:
        LETTER.save(tmp_path / f"filled{ending}")
    assert len(said) == 1, "once, of three pages"
    assert "not filled" in said[0]
    plain, filled = (tmp_path / f"{name}{ending}" for name in ("plain", "filled"))
    assert ending == ".dxf" or plain.read_bytes() == filled.read_bytes(), "DXF has its time in it"


def test_a_further_svg_holds_its_page(tmp_path: Path) -> None:
    LETTER.save(tmp_path / "a.svg")
    same(LETTER, Drawing.open(tmp_path / "a-2.svg"), slice(1, 2))


@pytest.mark.parametrize("ending", Drawing.SUFFIXES)
def test_files_are_those_that_are_written(tmp_path: Path, ending: str) -> None:
    STRIP.save(tmp_path / f"a.b{ending}")
    several = ending in (".svg", ".png", ".gcode", ".hpgl", ".dxf")
    names = ["a.b", "a.b-2", "a.b-3"] if several else ["a.b"]
    assert STRIP.output_paths(tmp_path / f"a.b{ending}") == [
        tmp_path / f"{n}{ending}" for n in names
    ]
    assert sorted(f.name for f in tmp_path.iterdir()) == sorted(f"{n}{ending}" for n in names)
    assert all(f.stat().st_size > 15 for f in tmp_path.iterdir())


def test_files_hold_their_own_page(tmp_path: Path) -> None:
    LETTER.save(tmp_path / "a.gcode")
    downs = [
        f.read_text(encoding="ascii").count("S1000")
        for f in LETTER.output_paths(tmp_path / "a.gcode")
    ]
    assert downs == [2, 1, 0]
    assert "F1000" in (tmp_path / "a.gcode").read_text(encoding="ascii")
    LETTER.save(tmp_path / "a.svg")
    texts = [f.read_text(encoding="utf-8") for f in LETTER.output_paths(tmp_path / "a.svg")]
    assert [text.count("<path d=") for text in texts] == [2, 1, 0]
    LETTER.save(tmp_path / "a.pdf")
    assert b"/Count 3" in (tmp_path / "a.pdf").read_bytes()


def test_all_pages_are_written_or_none(tmp_path: Path) -> None:
    off = Drawing(((LINE,), (Stroke(np.array([[500.0, 5]])),)), PAPER)
    with refused("output.content", "500"):
        off.save(tmp_path / "a.gcode")
    assert list(tmp_path.iterdir()) == []


def test_other_endings_are_refused(tmp_path: Path) -> None:
    with refused("output.ending", "a.docx", ".svg, .png, .gif, .mp4, .pdf, "):
        ONE.save(tmp_path / "a.docx")
    with refused("option.range", "quality", 0):
        ONE.save(tmp_path / "a.mp4", quality=0)
    assert list(tmp_path.iterdir()) == []


def damaged(**changes: Any) -> str:
    whole = {"format": "neuropil drawing 1", "pages": [[[[1, 2]]]], "plotter": {}, "about": {}}
    whole |= {"paper": {"width": 9, "height": 9, "ruling": []}}
    return json.dumps(whole | changes)


def test_the_smallest_file_opens(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(damaged(), encoding="utf-8")
    assert Drawing.open(tmp_path / "a.json").pages[0][0].points.tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("a.txt", "x", "input.kind"),
        ("a.json", "", "input.empty"),
        ("a.json", "x", "input.damaged"),
        ("a.json", "[]", "input.damaged"),
        ("a.json", "[" * 100_000, "input.damaged"),
        ("a.json", damaged(format="other"), "input.kind"),
        ("a.json", damaged(pages=[[[[1, float("nan")]]]]), "input.content"),
        ("a.json", damaged(pages=[[[[1, 10**400]]]]), "input.damaged"),
        ("a.json", damaged(pages=[]), "input.empty"),
        ("a.json", damaged(paper={}), "input.damaged"),
        ("a.json", damaged(paper={"width": "9", "height": 9, "ruling": []}), "input.damaged"),
        ("a.json", damaged(plotter={"gears": 3}), "input.damaged"),
        ("a.json", damaged(wheels=4), "input.damaged"),
        ("a.svg", "<svg/>", "input.damaged"),
        ("a.svg", "<svg", "input.damaged"),
        ("a.svg", "<!DOCTYPE svg><svg/>", "input.damaged"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, name: str, text: str, code: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with refused(code, name) as caught:
        Drawing.open(tmp_path / name)
    assert caught.value.facts["path"] == tmp_path / name


def test_a_document_with_definitions_is_refused(tmp_path: Path) -> None:
    ONE.save(tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    text = text.replace("?>", "?><!DOCTYPE svg [<!ENTITY a 'b'>]>", 1)
    (tmp_path / "a.svg").write_text(text, encoding="utf-8")
    with refused("input.damaged", "a.svg"):
        Drawing.open(tmp_path / "a.svg")


# Pictures


def test_an_image_has_its_dots_and_its_page() -> None:
    image = LETTER.image(1, dots=4)
    assert (image.width, image.height) == (160, 122)
    assert tuple(image.pixels[100, 80]) == (0xA0, 0x10, 0x20)
    assert tuple(LETTER.image(0, dots=4).pixels[100, 80]) == (255, 255, 255)
    assert ONE.image().width == 320
    for page in (-1, 3):
        with refused("option.range", f"page is {page}", "between 0 and 2"):
            LETTER.image(page)
    with refused("option.range", "dots", 0):
        ONE.image(dots=0)


def test_a_png_has_300_dots_to_the_inch(tmp_path: Path) -> None:
    ONE.save(tmp_path / "a.png")
    image = Image.open(tmp_path / "a.png")
    assert (image.width, image.height) == (round(40 / 25.4 * 300), round(30.5 / 25.4 * 300))
    assert image.metadata.dpi == pytest.approx((300, 300), abs=0.01)
    np.testing.assert_array_equal(image.pixels, ONE.image(dots=300 / 25.4).pixels)


POSTER = Paper(900, 500, ruling=(300.0,))  # 63 megapixels at 300 dots to the inch
ACROSS = np.array([[50.0, 450], [850, 60]])


def poster(filled: bool) -> Drawing:
    """Write large: strokes across the page, straight ones and a curved one."""
    wave = np.stack([100 + 120 * CLOCK, 250 + 150 * np.sin(2 * CLOCK)], axis=1)
    return Drawing(((Stroke(wave), Stroke(ACROSS), DOT),), POSTER, filled=filled)


@pytest.mark.parametrize("filled", [True, False])
@pytest.mark.parametrize(
    "ending", [".png", ".svg", ".gif", ".pdf", ".gcode", ".hpgl", ".dxf", ".json"]
)
def test_a_poster_is_drawn_in_steps_that_can_be_stopped(
    tmp_path: Path, filled: bool, ending: str
) -> None:
    letter = replace(poster(filled), speed=50)
    with stopped_soon():
        letter.save(tmp_path / f"a{ending}")


def test_many_strokes_are_drawn_in_steps_that_can_be_stopped(tmp_path: Path) -> None:
    strokes = tuple(Stroke(WAVE.points * (1, 0.5) + (0, 0.001 * i)) for i in range(1200))
    letter = Drawing((strokes,), PAPER, filled=True)
    for ending in (".png", ".svg", ".pdf", ".gcode", ".hpgl", ".json"):
        with stopped_soon() as watch:
            letter.save(tmp_path / f"a{ending}")
        assert len(watch.gaps) > len(strokes)


def test_a_poster_takes_no_more_memory_than_what_is_drawn_at_once(tmp_path: Path) -> None:
    tracemalloc.start()
    poster(filled=False).save(tmp_path / "a.png")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    pixels = Image.open(tmp_path / "a.png").pixels
    H, W, _ = pixels.shape
    assert most < 2 * H * W + 50_000_000  # ink and rules, a byte of each a pixel, and blocks
    for x, y in (ACROSS[0], ACROSS.mean(axis=0), ACROSS[1]):
        assert tuple(pixels[int(y * 300 / 25.4), int(x * 300 / 25.4)]) == (0x1A, 0x2A, 0x6C)
    assert tuple(pixels[0, 0]) == tuple(pixels[-1, -1]) == (255, 255, 255)


# Animations


def frames(path: Path) -> Iterator[NDArray[np.uint8]]:
    if path.suffix == ".mp4":
        yield from (frame.pixels for frame in Film.open(path).frames())
    else:
        with Picture.open(path) as picture:
            for frame in ImageSequence.Iterator(picture):
                yield np.asarray(frame.convert("RGB"))


def inked(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return pixels[..., 1] < 110  # neither paper nor rules


@pytest.mark.parametrize(("ending", "fps"), [(".gif", 10), (".mp4", 25)])
def test_a_line_grows_at_its_pace(tmp_path: Path, ending: str, fps: int) -> None:
    """30 mm at 75 mm a second take 0.4 s, between an empty frame and two seconds to read."""
    line = Stroke(LINE.points * (1, 0.2))
    slow = Drawing(((line,),), STRIP.paper, speed=0.5, pen=1)
    slow.save(tmp_path / f"a{ending}")
    seen = [inked(pixels) for pixels in frames(tmp_path / f"a{ending}")]
    n = round(0.4 * fps)
    assert len(seen) == 1 + n + 2 * fps
    dots = seen[0].shape[1] / 40
    lengths = [np.ptp(np.flatnonzero(s.any(axis=0))) / dots if s.any() else 0 for s in seen]
    whole = [min(30, 75 * i / fps) + 1 for i in range(1, len(seen))]  # and the round ends
    assert lengths[0] == 0
    np.testing.assert_allclose(lengths[1:], whole, atol=0.35)


@pytest.mark.parametrize("ending", MOVES)
def test_the_last_frames_show_the_pages(tmp_path: Path, ending: str) -> None:
    STRIP.save(tmp_path / f"a{ending}")
    seen = list(frames(tmp_path / f"a{ending}"))
    H, W, _ = seen[0].shape
    assert ending != ".mp4" or (H % 2, W % 2) == (0, 0)
    reading = 20 if ending == ".gif" else 50
    assert len(seen) == 3 * (1 + reading) + 1 + 1  # and one to draw each of two pages
    for page, last in enumerate((1 + reading, 2 + 2 * reading + 1)):
        image = STRIP.image(page, dots=W / 40).pixels
        off = np.abs(seen[last][: len(image)].astype(int) - image[:H])
        assert inked(seen[last]).any()
        assert np.quantile(off, 0.99) < 24  # a palette, and the losses of films
    assert not inked(seen[-1]).any()


def test_a_gif_says_its_pace_and_frames_stay_as_they_are(tmp_path: Path) -> None:
    STRIP.save(tmp_path / "a.gif")
    with Picture.open(tmp_path / "a.gif") as picture:
        assert (picture.info["duration"], picture.info["loop"]) == (100, 0)
    first, second = itertools.islice(animation._frames(STRIP.animation), 2)
    assert not inked(first.pixels).any()
    assert inked(second.pixels).any()


def test_a_dot_on_the_very_stroke_of_a_frame_is_drawn(tmp_path: Path) -> None:
    dots = tuple(Stroke(np.array([[x, 3.0]])) for x in (5, 27.5))  # 22.5 mm: 0.1 s later
    Drawing((dots,), STRIP.paper, pen=2).save(tmp_path / "a.gif")
    assert inked(list(frames(tmp_path / "a.gif"))[-1])[:, 320:].any()


def test_the_pen_takes_time_in_the_air(tmp_path: Path) -> None:
    """From one dot to another 30 mm away: 0.05 s + 30 / 450 s; slower pens are slower there too."""
    dots = tuple(Stroke(np.array([[x, 12.0]])) for x in (5, 35))
    for speed, seconds in ((1, 0.05 + 30 / 450), (0.1, 0.5 + 30 / 45)):
        Drawing((dots,), PAPER, pen=2, speed=speed).save(tmp_path / "a.gif")
        seen = [inked(pixels) for pixels in frames(tmp_path / "a.gif")]
        half = seen[0].shape[1] // 2
        assert not seen[0].any()
        assert seen[1][:, :half].any()
        second = next(i for i, one in enumerate(seen) if one[:, half:].any())
        assert second == np.ceil(seconds * 10)
        assert len(seen) == 1 + second + 20


class Listener:
    def ask(self) -> None:
        pass

    def __init__(self) -> None:
        self.heard: list[tuple[str, int, int | None]] = []

    def at(self, title: str, done: int, total: int | None) -> None:
        self.heard.append((title, done, total))
        if done == 20:
            raise progress.Cancelled

    def say(self, line: str) -> None:
        raise AssertionError(line)


@pytest.mark.parametrize("ending", MOVES)
def test_animations_tell_how_far_they_are_and_can_be_stopped(tmp_path: Path, ending: str) -> None:
    listener = Listener()
    with progress.report_to(listener), pytest.raises(progress.Cancelled):
        ONE.save(tmp_path / f"a{ending}")
    total = 1 + 2 + 20 if ending == ".gif" else 1 + 5 + 50
    assert listener.heard == [(f"a{ending}", i, total) for i in range(21)]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.json", "a.svg"])
def test_a_file_that_is_too_large_is_refused(tmp_path: Path, name: str) -> None:
    with (tmp_path / name).open("wb") as file:
        file.truncate(drawing.MOST_BYTES + 1)
    with refused("input.too_large", name):
        Drawing.open(tmp_path / name)
