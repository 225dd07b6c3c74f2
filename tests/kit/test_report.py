import pytest

from neuropil.kit.report import timed


def test_a_time_is_the_median_of_calls_after_a_first_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter([0.0, 5.0, 10.0, 11.0, 20.0, 22.0])
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    calls: list[int] = []
    assert timed(lambda: calls.append(1), 3) == 2.0
    assert len(calls) == 4
