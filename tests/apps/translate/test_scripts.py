"""Lines in scripts of which the reader tells the name alone."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from reading_data import plain_scripts

from neuropil.apps.translate.alphabet import MARKS, SCRIPTS, encode, foreign_script
from neuropil.apps.translate.lab.scripts import (
    LOOK_LATIN,
    draw_word,
    examine,
    find_scripts,
    letters_of,
)
from neuropil.kit.errors import UserError

FOLDER = Path(mpl.get_data_path(), "fonts", "ttf")


@pytest.mark.parametrize("seed", range(40))
def test_a_line_has_a_mark_for_each_word(seed: int) -> None:
    line = plain_scripts().draw(np.random.default_rng(seed))
    assert len(line.text.split()) == len(line.drawn.split())
    assert encode(line.text) is not None
    script = foreign_script(line.text)
    assert script is not None
    foreign = [word for word in line.drawn.split() if not word.isascii()]
    assert len(foreign) == sum(word in MARKS for word in line.text.split())
    assert all({*word.lower()} & {*letters_of(script).lower()} for word in foreign)


def test_no_word_could_be_latin() -> None:
    rng = np.random.default_rng(0)
    for script in SCRIPTS:
        for _ in range(50):
            assert not LOOK_LATIN.issuperset(draw_word(script, rng).lower())


def test_a_script_is_named_where_half_of_the_words_are_its() -> None:
    assert foreign_script(MARKS[0]) == "Cyrillic"
    assert foreign_script(f"{MARKS[1]} 24") == "Greek"
    assert foreign_script(f"Zwei Bier {MARKS[1]}") is None
    assert foreign_script("Zwei Bier") is None
    assert foreign_script("") is None


def test_a_font_is_asked_for_its_letters() -> None:
    assert examine(FOLDER / "DejaVuSans.ttf", "Cyrillic")
    assert examine(FOLDER / "DejaVuSans.ttf", "Korean") is None
    assert examine(FOLDER / "no.ttf", "Greek") is None


def test_missing_fonts_are_said() -> None:
    with pytest.raises(UserError, match=r"no font with the letters of: .*Korean.*apt-get") as found:
        find_scripts(FOLDER)
    assert found.value.code == "data.missing"
