"""Rendered lines read: how many characters are wrong, by language."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from listening import listening
from reading_data import plain_fonts, plain_scripts, write_reading_data

from neuropil.apps.translate.alphabet import ReadLine
from neuropil.apps.translate.lab import reader_batches
from neuropil.apps.translate.lab.line_evaluation import evaluate_lines
from neuropil.apps.translate.lines import Floats


class Mute:
    """Reads nothing, so that every character is wrong."""

    def read_lines(self, lines: Sequence[Floats]) -> list[ReadLine]:
        return [ReadLine("", 0.0) for _ in lines]


def test_characters_are_counted_by_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_batches, "find_fonts", lambda _: plain_fonts())
    monkeypatch.setattr(reader_batches, "find_scripts", lambda _: plain_scripts())
    monkeypatch.setattr(reader_batches, "CHECKED", 2)
    mute: Any = Mute()
    (table,), figures = evaluate_lines(mute, write_reading_data(tmp_path))
    assert figures == {f"cer_lines_{language}": 1.0 for language in ("en", "de", "fr", "es")}
    assert [row[0] for row in table.rows] == ["en", "de", "fr", "es"]


def test_without_fonts_it_is_left_out_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_batches, "FOLDER", tmp_path)
    mute: Any = Mute()
    with listening() as said:
        assert evaluate_lines(mute, tmp_path) == ([], {})
    assert "left out" in said[0]
