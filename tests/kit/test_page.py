import re
from pathlib import Path

import jinja2
import numpy as np
import pytest

import neuropil
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
from neuropil.kit.html.templates import render
from neuropil.kit.media.image import Image

PACKAGE = Path(neuropil.__file__).parent
TOKENS = PACKAGE / "kit" / "html" / "tokens.css"
GREY = Image(np.full((4, 6, 3), 128, np.uint8))


def test_a_page_needs_nothing_from_outside() -> None:
    made = render_page(
        "A & B", [Section("One <two>", figure(GREY, 'a "caption"') + before_after(GREY, GREY, "c"))]
    )
    assert made.startswith("<!doctype html>")
    assert "<title>A &amp; B</title>" in made
    assert "<h2>One &lt;two&gt;</h2>" in made
    assert 'alt="a &#34;caption&#34;"' in made
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
    assert "muted" not in made  # films with sound are shown too
    assert 'src="data:video/mp4;base64,bm90IHJlYWxseQ=="' in made
    assert made.count("a &#34;drive&#34;") == 2


def test_the_colors_of_all_pages_are_one_set() -> None:
    """Each token has a value by day, by night and in print; no sheet makes or asks for others."""
    day, night, printed = (
        dict(re.findall(r"(--\w+): ([^;]+);", block))
        for block in re.findall(r":root \{(.*?)\}", TOKENS.read_text(encoding="utf-8"), re.DOTALL)
    )
    assert night.keys() == printed.keys() == day.keys() - {"--serif", "--mono"}
    sheets = [file for file in PACKAGE.rglob("*.css") if file != TOKENS]
    assert {file.name for file in sheets} >= {"page.css", "walk.css", "sheet.css"}
    for file in sheets:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"[\s{;]--\w+:", text), file
        assert {*re.findall(r"var\((--\w+)\)", text)} <= day.keys(), file


def test_what_a_template_is_not_given_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError, match="sections"):
        render(PACKAGE / "kit" / "html" / "page.html.jinja", title="no sections")
