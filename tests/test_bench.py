import hashlib
import json
from pathlib import Path

import pytest
from refusals import refused

from neuropil import bench, registry
from neuropil.kit.networks.network import Weights
from neuropil.kit.report import Report, Table


@pytest.mark.usefixtures("invert")
def test_tables_come_first_and_one_line_of_json_last() -> None:
    *tables, blank, last = bench.lines("invert", None)
    assert tables == [
        "Speed",
        "who     seconds",
        "---------------",
        "ours        2.5",
        "theirs        3",
    ]
    assert blank == ""
    record = json.loads(last)
    assert (record["n_photos"], record["gain_db"]) == (3, 0.25)
    assert record["command"] == "neuropil bench invert"
    assert record.keys() > {"commit", "weights_sha256", "date", "processor"}
    assert all(not isinstance(value, dict | list) for value in record.values())


def test_tracks_are_for_who_drives() -> None:
    with refused("option.conflict", "--tracks 3", "core"):
        list(bench.lines("core", None, 3))


@pytest.mark.parametrize("name", [*bench.PARTS, "drive"])
def test_data_are_for_what_is_measured_on_them(name: str, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with refused("option.conflict", "--data", name):
            list(bench.lines(name, folder))


@pytest.mark.usefixtures("invert")
def test_data_that_are_not_there_are_said(tmp_path: Path) -> None:
    with refused("data.missing", tmp_path / "none", "--data"):
        list(bench.lines("invert", tmp_path / "none"))


@pytest.mark.usefixtures("invert")
def test_tracks_reach_who_drives(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(data: Path | None, *, tracks: int = 10) -> Report:
        return Report((), {"n_tracks": tracks})

    monkeypatch.setattr(registry.benchmark("invert"), "measure", measure)
    for given, wanted in ((None, 10), (3, 3)):
        record = json.loads(list(bench.lines("invert", None, given))[-1])
        assert record["n_tracks"] == wanted
        assert record["command"].endswith("--tracks 3") == (given == 3)


def test_columns_fit_what_is_in_them() -> None:
    table = Table("T", ("name", "n"), (("a long name", 10), ("b", 123456)))
    assert bench.drawn(table)[1:] == [
        "name              n",
        "-------------------",
        "a long name      10",
        "b            123456",
    ]


def test_the_stamp_names_the_weights_that_ran(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.onnx", "b.onnx", "c.onnx"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    files = {name: Weights(tmp_path, f"{name}.onnx", "", "MIT") for name in "ac"}
    monkeypatch.setattr(bench, "choose_files", lambda files, given: {})
    hashes = {name: hashlib.sha256(f"{name}.onnx".encode()).hexdigest() for name in "abc"}
    assert bench.stamp(files)["weights_sha256"] == f"{hashes['a']} {hashes['c']}"
    monkeypatch.setattr(bench, "choose_files", lambda files, given: {"a": tmp_path / "b.onnx"})
    assert bench.stamp(files)["weights_sha256"] == f"{hashes['b']} {hashes['c']}"
    assert bench.stamp({})["weights_sha256"] == ""
