"""`neuropil map` on this machine: what it writes and records, how it is stopped and goes on."""

import hashlib
import json
import os
import signal
from pathlib import Path

import pytest
from map_runs import (
    MARK,
    Map,
    contents,
    draw_pictures,
    manifest_of,
    undisturbed,
    wait_for_lines,
    workers_of,
)
from PIL import Image as Picture


def test_files_are_done_as_they_would_be_one_by_one(tmp_path: Path, start_map: Map) -> None:
    album = draw_pictures(tmp_path / "album", 30)
    (album / "bad.png").write_bytes(b"no picture")
    out = tmp_path / "new"
    process = start_map("colorize", album, "-o", out, "--workers", 2)
    printed, said = process.communicate()
    assert (process.returncode, printed) == (2, f"{out}/manifest.jsonl\n"), said
    (album / "bad.png").unlink()
    lines = manifest_of(out)
    assert lines["bad.png"]["error"]["code"] == "input.kind"
    assert contents(out) == undisturbed(album, tmp_path / "plain")
    for name, line in lines.items():
        if name != "bad.png":
            (path,) = map(Path, line["output"])
            assert line["sha256"] == [hashlib.sha256(path.read_bytes()).hexdigest()]
            assert line["seconds"] > 0


def test_values_and_pages_stand_in_the_manifest(tmp_path: Path, start_map: Map) -> None:
    pages = [Picture.new("L", (32, 32), shade) for shade in (50, 150)]
    pages[0].save(tmp_path / "scan.tif", save_all=True, append_images=pages[1:])
    draw_pictures(tmp_path, 1)
    out = tmp_path / "named"
    process = start_map("classify", tmp_path / "*.*", "-o", out, "--workers", 1, "--top", 2)
    assert process.wait() == 0
    lines = manifest_of(out)
    assert len(lines["0000.png"]["values"]["guesses"]) == 2
    assert [len(page["guesses"]) for page in lines["scan.tif"]["values"]] == [2, 2]
    assert lines["scan.tif"]["output"] == []


def test_a_killed_worker_costs_its_group_alone(tmp_path: Path, start_map: Map) -> None:
    album, out = draw_pictures(tmp_path / "album", 120), tmp_path / "new"
    process = start_map("colorize", album, "-o", out, "--workers", 2, **{MARK: str(tmp_path)})
    wait_for_lines(out, 10, process)
    os.kill(workers_of(str(tmp_path))[0], signal.SIGKILL)
    assert process.wait() == 0
    assert contents(out) == undisturbed(album, tmp_path / "plain")
    assert len((out / "manifest.jsonl").read_text("utf-8").splitlines()) == 121


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_goes_on(tmp_path: Path, start_map: Map, number: signal.Signals) -> None:
    album, out = draw_pictures(tmp_path / "album", 120), tmp_path / "new"
    words = ("colorize", album, "-o", out, "--workers", 2)
    process = start_map(*words)
    wait_for_lines(out, 10, process)
    process.send_signal(number)
    _, said = process.communicate()
    if number != signal.SIGKILL:
        assert process.returncode == 130
        assert "--resume" in said
    done = {name for name, line in manifest_of(out).items() if line["error"] is None}
    assert 10 <= len(done) < 120
    with (out / "manifest.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"input": "torn')
    again = start_map(*words)
    assert again.wait() == 2  # it says how to go on
    resumed = start_map(*words, "--resume")
    assert resumed.wait() == 0
    lines = (out / "manifest.jsonl").read_text("utf-8").splitlines()
    inputs = [json.loads(line)["input"] for line in lines[1:]]
    assert sorted(inputs) == sorted(str(file) for file in album.iterdir())  # each of them once
    assert contents(out) == undisturbed(album, tmp_path / "plain")


def test_what_kills_its_worker_is_found(tmp_path: Path, start_map: Map) -> None:
    """A picture that a process has no memory for ends it; the others are done."""
    album, out = draw_pictures(tmp_path / "album", 6), tmp_path / "new"
    deadly = "import os, pathlib\nfrom neuropil.kit.media.image import Image\nreal = Image.open\n"
    deadly += (
        "def look(path, **more):\n"
        "    if path.name == '0003.png':\n"
        "        os.kill(os.getpid(), 9)\n"
        "    return real(path, **more)\n"
        "Image.open = staticmethod(look)\n"
    )
    (tmp_path / "sitecustomize.py").write_text(deadly, encoding="utf-8")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    process = start_map("colorize", album, "-o", out, "--workers", 2, PYTHONPATH=path)
    assert process.wait() == 2
    lines = manifest_of(out)
    failed = {name: line["error"]["code"] for name, line in lines.items() if line["error"]}
    assert failed == {"0003.png": "worker.died"}
    assert len(lines) == 6


def test_nothing_listens_on_other_addresses(tmp_path: Path, start_map: Map) -> None:
    album, out = draw_pictures(tmp_path / "album", 60), tmp_path / "new"
    before = open_ports()
    process = start_map("colorize", album, "-o", out, "--workers", 1)
    wait_for_lines(out, 3, process)
    assert open_ports() <= before


def open_ports() -> set[tuple[str, str]]:
    """List the addresses and ports beyond the loopback address at which something listens."""
    found = set()
    for name in ("tcp", "tcp6"):
        for line in Path("/proc/net", name).read_text("utf-8").splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            address, _, port = local.partition(":")
            is_loopback = address.endswith(("0100007F", "01000000"))
            if state == "0A" and not is_loopback:
                found.add((address, port))
    return found
