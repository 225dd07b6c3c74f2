import io

import pytest

from neuropil.kit import progress


class Notes:
    """Writes down what it is told, and stops the work at `stop`."""

    def ask(self) -> None:
        pass

    def __init__(self, stop: int | None = None) -> None:
        self.told: list[tuple[str, int, int | None]] = []
        self.lines: list[str] = []
        self.stop = stop

    def at(self, title: str, done: int, total: int | None) -> None:
        self.told.append((title, done, total))
        if done == self.stop:
            raise progress.Cancelled

    def say(self, line: str) -> None:
        self.lines.append(line)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_is_silent_where_nobody_listens(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(progress.track("abc", total=3, title="letters")) == ["a", "b", "c"]
    progress.message("hello")
    assert capsys.readouterr() == ("", "")


def test_tells_before_each_item_and_after_the_last() -> None:
    notes = Notes()
    with progress.report_to(notes):
        list(progress.track("ab", total=None, title="letters", start=5))
        progress.message("done")
    assert notes.told == [("letters", 5, None), ("letters", 6, None), ("letters", 7, 7)]
    assert notes.lines == ["done"]


def test_the_listener_can_stop_the_work() -> None:
    seen: list[str] = []
    with progress.report_to(Notes(stop=1)), pytest.raises(KeyboardInterrupt):
        seen.extend(progress.track("abc", total=3, title="letters"))
    assert seen == ["a"]


def test_the_former_listener_is_back_after_the_block() -> None:
    outer, inner = Notes(), Notes()
    with progress.report_to(outer):
        with progress.report_to(inner):
            progress.message("in")
        progress.message("out")
    assert (outer.lines, inner.lines) == (["out"], ["in"])


def test_bars_are_drawn_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn, piped = Terminal(), io.StringIO()
    for stream in (drawn, piped):
        monkeypatch.setattr("sys.stderr", stream)
        with progress.terminal_progress():
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
    with progress.terminal_progress():
        progress.message("left out: a\nb.jpg")
        for _ in progress.track(range(2), total=2, title="reading [red]\n"):
            progress.message("left out: c\x1b[2Jd.jpg")
    told = stream.getvalue()
    assert r"a\nb.jpg" in told
    assert r"c\x1b[2Jd.jpg" in told
    assert not terminal or r"reading [red]\n" in told
