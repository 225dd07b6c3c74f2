"""Codes, messages and facts of a person's mistakes; which codes there are."""

import ast
import copy
import os
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from refusals import refused

import neuropil
from neuropil.kit.errors import (
    CODES,
    UserError,
    escape_control,
    require_ending,
    require_file,
    suggest,
)

PACKAGE = Path(neuropil.__file__).parent


def test_is_a_value_error_so_that_libraries_can_catch_it() -> None:
    assert issubclass(UserError, ValueError)


def test_an_error_is_its_message_and_keeps_its_facts() -> None:
    error = UserError("option.range", "seed is -1", name="seed", value=-1)
    assert (str(error), error.message, error.code) == ("seed is -1", "seed is -1", "option.range")
    assert error.facts == {"name": "seed", "value": -1}
    assert UserError("disk.full", "make room").facts == {}


@pytest.mark.parametrize("copied", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy])
def test_an_error_crosses_processes_whole(copied: object) -> None:
    error = UserError("input.missing", "there is no a.jpg", path=Path("a.jpg"), possible=("b",))
    assert callable(copied)
    again = copied(error)
    assert type(again) is UserError
    assert (again.code, again.message, str(again)) == (error.code, error.message, str(error))
    assert again.facts == {"path": Path("a.jpg"), "possible": ("b",)}


@pytest.mark.parametrize("code", ["", "input", "input.nonsense", "Input.missing"])
def test_a_code_that_is_not_listed_is_a_fault_of_ours(code: str) -> None:
    with pytest.raises(KeyError, match=re.escape(repr(code))):
        UserError(code, "a sentence")


def test_a_mistake_inside_a_file_keeps_its_code_and_gains_a_path() -> None:
    inside = UserError("input.content", "it holds 2 pictures", value=2)
    error = inside.wrap("a.gif: it holds 2 pictures", Path("a.gif"))
    assert (error.code, str(error)) == ("input.content", "a.gif: it holds 2 pictures")
    assert error.facts == {"value": 2, "path": Path("a.gif")}
    assert inside.facts == {"value": 2}


@pytest.mark.parametrize("name", ["new.gif", "new", "new.png.bak"])
def test_a_wrong_ending_is_said_with_the_right_ones(name: str) -> None:
    with refused("output.ending", f"{name} can't be written; end the name in .png, .jpg") as caught:
        require_ending(Path(name), (".png", ".jpg"))
    assert caught.value.facts == {"path": Path(name), "possible": (".png", ".jpg")}
    require_ending(Path("new.PNG"), (".png", ".jpg"))


# Codes


def test_codes_are_a_group_and_a_word_each_with_a_meaning() -> None:
    for code, meaning in CODES.items():
        assert re.fullmatch(r"[a-z]+\.[a-z]+(_[a-z]+)*", code), code
        assert meaning, code


def test_every_code_is_raised_and_every_raised_code_is_listed() -> None:
    raised = {code for path in PACKAGE.rglob("*.py") for code in raised_codes(path)}
    assert raised == set(CODES)


def raised_codes(path: Path) -> Iterator[str]:
    """List the codes of a module: texts, a choice of two, or the code of another error."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "UserError":
            match node.args[0]:
                case ast.Constant(str(code)):
                    yield code
                case ast.IfExp(body=ast.Constant(str(code)), orelse=ast.Constant(str(other))):
                    yield from (code, other)
                case given:  # of another error, or what a caller says
                    words = ast.unparse(given)
                    assert words.rpartition(".")[2] == "code", f"{path}:{node.lineno}: {words}"


# Words


def test_suggests_the_nearest_word() -> None:
    assert suggest("colourize", ["colorize", "drive"]) == " (did you mean colorize?)"
    assert suggest("DRIVE", ["colorize", "drive"]) == " (did you mean drive?)"
    assert suggest("xyz", ["colorize", "drive"]) == ""
    assert suggest("chruch", ["crutch", "church"]) == " (did you mean church?)", "letters swapped"


def test_suggests_names_that_hold_the_words_before_those_that_are_spelled_alike() -> None:
    names = ["crate", "crane (bird)", "house", "crane (machine)", "tow-truck", "CRANE", "crane 4"]
    assert suggest("crane", names) == " (did you mean crane (bird), crane (machine) or CRANE?)"
    assert suggest("truck", names) == " (did you mean tow-truck?)"
    assert suggest("machine crane", names) == " (did you mean crane (machine)?)"
    assert suggest("?", names) == ""


def test_a_line_stays_one_line() -> None:
    assert escape_control("a\nb\x1b[1m é 猫") == "a\\nb\\x1b[1m é 猫"


# Files


def test_files_that_can_hold_nothing_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "whole").write_text("whole", encoding="utf-8")
    for path, code in [
        (tmp_path, "input.kind"),
        (tmp_path / "none", "input.missing"),
        (tmp_path / "empty", "input.empty"),
        (tmp_path / ("n" * 300), "input.unreadable"),
    ]:
        with refused(code, path) as caught:
            require_file(path, "film")
        assert caught.value.facts == {"path": path}
    require_file(tmp_path / "whole", "film")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")
def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with refused("input.address", tmp_path / "pipe"):
        require_file(tmp_path / "pipe", "film")
