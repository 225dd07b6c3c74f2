from pathlib import Path

import numpy as np

from neuropil.kit.html.page import (
    Section,
    before_after,
    figure,
    paragraph,
    render_page,
    row,
    table,
    video,
)
from neuropil.kit.media.image import Image

GREY = Image(np.full((4, 6, 3), 128, np.uint8))


def test_a_page_needs_nothing_from_outside() -> None:
    made = render_page(
        "A & B", [Section("One <two>", figure(GREY, 'a "caption"') + before_after(GREY, GREY, "c"))]
    )
    assert made.startswith("<!doctype html>")
    assert "<title>A &amp; B</title>" in made
    assert "<h2>One &lt;two&gt;</h2>" in made
    assert 'alt="a &quot;caption&quot;"' in made
    assert made.count('src="data:image/jpeg;base64,') == 3
    assert "http" not in made


def test_words_between_backticks_are_code() -> None:
    assert paragraph("type `a <b>` now") == "<p>type <code>a &lt;b&gt;</code> now</p>\n"


def test_tables_and_rows() -> None:
    assert table(("x",), [(1,), ("<",)]).count("<tr>") == 3
    assert "&lt;" in table(("x",), [("<",)])
    assert row(["<i>", "</i>"]) == '<div class="row"><i></i></div>\n'


def test_a_film_is_inside_the_page(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"not really")
    made = video(film, 'a "drive"')
    assert 'src="data:video/mp4;base64,bm90IHJlYWxseQ=="' in made
    assert made.count("a &quot;drive&quot;") == 2
