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


def test_what_is_muted_is_not_told_but_can_be_stopped() -> None:
    class Impatient(Notes):
        def ask(self) -> None:
            raise progress.Cancelled

    notes = Notes()
    with progress.report_to(notes):
        with progress.mute():
            progress.message("in")
            list(progress.track("ab", total=2, title="letters"))
        progress.message("out")
    assert (notes.told, notes.lines) == ([], ["out"])
    for work in (progress.tick, lambda: next(progress.track("a", total=1, title="letters"))):
        with progress.report_to(Impatient()), progress.mute(), pytest.raises(progress.Cancelled):
            work()
