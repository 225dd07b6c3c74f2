import pytest

from neuropil.kit.report import median_seconds, median_seconds_interleaved


def test_a_time_is_the_median_of_calls_after_a_first_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter([0.0, 5.0, 10.0, 11.0, 20.0, 22.0])
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    calls: list[int] = []
    assert median_seconds(lambda: calls.append(1), 3) == 2.0
    assert len(calls) == 4


def test_calls_are_timed_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr("time.perf_counter", lambda: float(len(calls)))
    both = {"a": lambda: calls.append("a"), "b": lambda: calls.extend("bb")}
    assert median_seconds_interleaved(both, 2, 2) == {"a": 1.0, "b": 2.0}
    assert "".join(calls) == "aaabbbbbb" * 2
