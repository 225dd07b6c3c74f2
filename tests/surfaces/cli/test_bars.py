import io

import pytest

from neuropil.kit import progress
from neuropil.surfaces.cli.bars import terminal_progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_bars_are_drawn_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn, piped = Terminal(), io.StringIO()
    for stream in (drawn, piped):
        monkeypatch.setattr("sys.stderr", stream)
        with terminal_progress():
            progress.message("before")
            for _ in progress.track(range(3), total=3, title="frames"):
                progress.message("within")
    assert "frames" in drawn.getvalue()
    assert piped.getvalue() == "before\n" + 3 * "within\n"


@pytest.mark.parametrize("terminal", [True, False])
def test_a_line_stays_one_line_and_a_name_is_no_markup(
    monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    stream = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    with terminal_progress():
        progress.message("left out: a\nb.jpg")
        for _ in progress.track(range(2), total=2, title="reading [red]\n"):
            progress.message("left out: c\x1b[2Jd.jpg")
    told = stream.getvalue()
    assert r"a\nb.jpg" in told
    assert r"c\x1b[2Jd.jpg" in told
    assert not terminal or r"reading [red]\n" in told
