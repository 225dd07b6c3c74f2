"""Texts as they were typed."""

from neuropil.apps.handwrite.typed_text import normalize_text


def test_spaces_are_plain() -> None:
    assert normalize_text("a   b\r\nc…\u00a0d \n \t ") == "a b\nc... d\n"


def test_indents_and_tabs_keep_their_place() -> None:
    assert normalize_text("  a \t b\n\tc \n \t\t d") == "  a\tb\n    c\n         d"


def test_what_is_not_seen_is_not_written() -> None:
    hidden = "\ufeffza\u00adbc\u200b \u2009d\u200de\ufe0f\u2028f\x0cg\u200f"
    assert normalize_text(hidden) == "zabc de\nf\ng"
