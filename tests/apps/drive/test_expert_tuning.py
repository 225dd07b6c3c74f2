"""The expert's numbers, found by trying; here without a simulator."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import pytest
from refusals import refused

from neuropil.apps.drive.lab import expert_tuning
from neuropil.apps.drive.lab.expert import ExpertParameters


def worse_the_farther(manner: ExpertParameters) -> float:
    """Give the points of an expert that drives best with a little more gas."""
    return 900 - 1e4 * (manner.gas - 1.2 * ExpertParameters.gas) ** 2


def test_numbers_move_to_those_that_score_best(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def score(parameters: ExpertParameters, seeds: Sequence[int]) -> list[float]:
        asked.extend(seeds)
        return [worse_the_farther(parameters)] * len(seeds)

    found = expert_tuning.cross_entropy_method(score)
    assert found.gas == pytest.approx(1.2 * ExpertParameters.gas, rel=0.01)
    assert found.horizon == ExpertParameters.horizon, "how far the camera sees is not chosen"
    low, n = expert_tuning.FIRST, expert_tuning.N_SEEDS
    assert min(asked) >= low
    assert max(asked) < low + n


def test_what_is_found_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pool(n: int, mp_context: object) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(1)

    def score(seed: int, manner: ExpertParameters) -> float:
        return worse_the_farther(manner)

    monkeypatch.setattr(expert_tuning, "ProcessPoolExecutor", pool)
    monkeypatch.setattr(expert_tuning, "score_expert", score)
    monkeypatch.setattr(expert_tuning, "GENERATIONS", 2)
    file = expert_tuning.tune_expert(tmp_path / "run")
    found = ExpertParameters(**json.loads(file.read_text(encoding="utf-8")))
    assert asdict(found).keys() == asdict(ExpertParameters()).keys()
    assert found != ExpertParameters()
    with refused("output.exists", file):
        expert_tuning.tune_expert(tmp_path / "run")
