"""Runs of `neuropil map` for tests: what they work on, what they leave, how they are disturbed."""

import json
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Picture

from neuropil.job import Job, Settings
from neuropil.jobs import Sessions, run

BUCKET = "photographs"
MARK = "NEUROPIL_TEST_RUN"  # of the environment: the processes of one test
Map = Callable[..., "subprocess.Popen[str]"]


def draw_pictures(folder: Path, n: int, side: int = 48) -> Path:
    """Write grey pictures, no two alike."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(n):
        noise = np.random.default_rng(i).integers(256, size=(side, side), dtype=np.uint8)
        Picture.fromarray(noise).save(folder / f"{i:04}.png")
    return folder


def read_manifest(lines: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Read a manifest: the last line of each input, by the input's name; the first is left out."""
    kept = [json.loads(line) for line in lines[1:]]
    return {Path(str(line["input"])).name: line for line in kept}


def manifest_of(out: Path) -> dict[str, dict[str, Any]]:
    return read_manifest((out / "manifest.jsonl").read_text("utf-8").splitlines())


def wait_for_lines(out: Path, n: int, process: "subprocess.Popen[str]") -> None:
    """Wait until so many sources are done."""
    path = out / "manifest.jsonl"
    while not path.exists() or len(path.read_text("utf-8").splitlines()) <= n:
        assert process.poll() is None, "the run has ended before"
        time.sleep(0.02)


def contents(folder: Path) -> dict[str, bytes]:
    """Read all results."""
    files = [file for file in folder.rglob("*") if file.is_file() and file.suffix != ".jsonl"]
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def undisturbed(album: Path, out: Path) -> dict[str, bytes]:
    """Do the same here, one after the other."""
    sessions, settings = Sessions(), Settings(threads=1)
    out.mkdir()
    for file in sorted(album.iterdir()):
        to = str(out / f"{file.stem}-colorize{file.suffix}")
        run(Job("colorize", (str(file),), {}, {"image": to}, settings), sessions)
    return contents(out)


def workers_of(mark: str, kind: str = "VerbWorker") -> list[int]:
    """Find the worker processes that carry a mark in their environment."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            is_worker = kind.encode() in (folder / "cmdline").read_bytes()
            if is_worker and f"{MARK}={mark}".encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:  # no process, or gone
            continue
    return found


def store_settings(address: str) -> dict[str, str]:
    """Name a store as people name theirs: by variables of the environment."""
    return {
        "AWS_ENDPOINT_URL": address,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
