import os
from pathlib import Path

import pytest

from neuropil.kit.problem import Problem, expect_file, guess, printable


def test_is_a_value_error_so_that_libraries_can_catch_it() -> None:
    assert issubclass(Problem, ValueError)


def test_guesses_the_nearest_word() -> None:
    assert guess("colourize", ["colorize", "drive"]) == " (did you mean colorize?)"
    assert guess("DRIVE", ["colorize", "drive"]) == " (did you mean drive?)"
    assert guess("xyz", ["colorize", "drive"]) == ""


def test_a_line_stays_one_line() -> None:
    assert printable("a\nb\x1b[1m é 猫") == "a\\nb\\x1b[1m é 猫"


def test_files_that_can_hold_nothing_are_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "whole").write_text("whole", encoding="utf-8")
    for path, reason in [
        (tmp_path, "is a folder; name a film in it"),
        (tmp_path / "none", "there is no file"),
        (tmp_path / "empty", r"is empty \(zero bytes\)"),
        (tmp_path / ("n" * 300), "can't be read: File name too long"),
    ]:
        with pytest.raises(Problem, match=reason):
            expect_file(path, "film")
    expect_file(tmp_path / "whole", "film")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")
def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Problem, match="pipe is a pipe or a device; save the film to a file"):
        expect_file(tmp_path / "pipe", "film")
