from pathlib import Path

import numpy as np
import pytest
from reading_data import plain_fonts

from neuropil.apps.translate.lab import fonts
from neuropil.apps.translate.lab.fonts import Font, Fonts, examine, find_fonts
from neuropil.kit.errors import UserError


def test_a_font_is_asked_for_its_letters() -> None:
    font = plain_fonts().every[0]
    assert font.has_small
    assert not font.lacked & {*"äöüßéœñ¿¡€„"}


def test_what_is_no_font_for_text_is_left_out(tmp_path: Path) -> None:
    damaged = tmp_path / "a.ttf"
    damaged.write_bytes(b"no font")
    assert examine(damaged) is None
    symbols = plain_fonts().every[0].path.with_name("STIXNonUni.ttf")
    assert symbols.is_file()
    assert examine(symbols) is None


def test_too_few_fonts_are_refused_with_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"0 families .* 20 are needed.*apt-get install") as caught:
        find_fonts(tmp_path)
    assert caught.value.code == "data.missing"


def test_fonts_are_found_below_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "FEWEST", 2)
    found = find_fonts(plain_fonts().every[0].path.parent)
    assert {"DejaVu Sans", "DejaVu Serif"} <= {font.family for font in found.every}


def test_a_text_gets_a_font_that_has_its_letters() -> None:
    path = plain_fonts().every[0].path
    poor = [Font(path, f"poor {i}", frozenset("ñ"), has_small=True) for i in range(3)]
    rich = Font(path, "rich", frozenset("Ж"), has_small=True)
    every = Fonts((*poor, rich))
    rng = np.random.default_rng(0)
    assert {every.choose("año", rng).family for _ in range(20)} == {"rich"}
    assert len({every.choose("an", rng).family for _ in range(99)}) == 4
    assert Fonts(tuple(poor)).choose("ñ", rng).family == "poor 0"


def test_families_are_drawn_alike_however_many_weights_they_have() -> None:
    path = plain_fonts().every[0].path
    many = [Font(path, "many", frozenset(), has_small=True) for _ in range(30)]
    every = Fonts((*many, Font(path, "one", frozenset(), has_small=True)))
    rng = np.random.default_rng(0)
    share = np.mean([every.choose("a", rng).family == "one" for _ in range(400)])
    assert 0.4 < share < 0.6
