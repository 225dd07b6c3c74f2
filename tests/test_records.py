"""A record is of the weights that ship, and of a commit that anyone can check out."""

import json
import math
import re
from pathlib import Path

import pages
import pytest
import records

from neuropil import bench

FILES = pages.record_files()


def test_every_record_has_a_benchmark() -> None:
    found = sorted(bench.PACKAGE.rglob("bench.json"))
    assert sorted(FILES.values()) == found
    assert len(found) >= 8


@pytest.mark.parametrize("name", FILES)
def test_a_record_is_of_the_weights_that_ship(name: str) -> None:
    assert records.read_record(FILES[name])["weights_sha256"] == bench.weights_sha256(name)


@pytest.mark.parametrize("name", FILES)
def test_figures_are_numbers(name: str) -> None:
    values = records.read_record(FILES[name]).values()
    assert all(math.isfinite(value) for value in values if isinstance(value, float))


@pytest.mark.parametrize("name", FILES)
def test_a_record_is_of_a_commit_without_changes(name: str) -> None:
    assert re.fullmatch("[0-9a-f]{12}", str(records.read_record(FILES[name])["commit"]))


def test_a_record_tells_what_has_changed_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def described(**changes: float | str) -> str:
        return records.describe("core", {**record, **changes})

    record: dict[str, float | str] = {"commit": "HEAD", **bench.provenance("core")}
    assert described() == "holds"
    assert described(weights_sha256="0") == "OTHER WEIGHTS"
    monkeypatch.setattr(records, "changed_files", lambda name, commit: list("abcdef"))
    assert described(code_sha256="0") == "older than its code: a, b, c, d and 2 more"
    file = tmp_path / "bench.json"
    file.write_text(json.dumps(record | {"seconds_to_measure": 90, "command": "it"}), "utf-8")
    monkeypatch.setattr(pages, "record_files", lambda: {"core": file})
    assert next(iter(records.lines())).endswith("holds\n             it (1.5 min)")
