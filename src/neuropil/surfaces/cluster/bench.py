"""What Ray costs and gives beside plain processes and `xargs -P`, and what a kill costs.

    neuropil bench cluster

Tiny pictures are classified by the network of ten classes, a few milliseconds each, so that what
stands between the files shows. All ways begin with nothing loaded; the start of Ray itself is told
apart. Memory is that of the run and its workers together. `neuropil serve --cluster` is measured
beside the plain studio, with a neuron worked out as a job.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image as Picture

from neuropil.job import Job, Settings
from neuropil.jobs import Sessions, attempt
from neuropil.kit.progress import Nobody, report_to
from neuropil.kit.report import Metrics, Report, Table
from neuropil.planning import Request
from neuropil.surfaces.cluster.engine import connect
from neuropil.surfaces.cluster.mapping import map_files
from neuropil.surfaces.cluster.sources import LIST

VERB, OPTIONS = "classify", {"classes": "ten"}
FILES, SIDE = 1_000, 64  # pictures that ways are compared on, and their pixels
TURNS = 3  # of all ways, whose medians are given
MANY = (1_000, 10_000, 20_000)  # files after which memory is looked at
KILL_AT, KILLS = 100, 3  # files after which a worker is killed, and how often that is measured
OF_XARGS = 100  # files that xargs gives to a process
CHUNK = 25  # files that a plain process is given at once
SESSIONS: list[Sessions] = []  # of a plain process: one, made when it starts


def measure(data: Path | None) -> Report:
    """Measure; there is no data to take."""
    with TemporaryDirectory() as folder:
        album = draw_album(Path(folder, "album"), FILES)
        figures = compare_ways(album, Path(folder))
        figures |= measure_memory(album, Path(folder))
        figures |= measure_recovery(album, Path(folder))
    from neuropil.surfaces.cluster.studio.bench import measure_service

    figures |= measure_service()
    rows = tuple((name, value) for name, value in figures.items())
    title = f"{VERB} over {FILES} pictures of {SIDE} by {SIDE} pixels"
    return Report((Table(title, ("figure", "value"), rows),), figures)


def draw_album(folder: Path, n: int) -> Path:
    """Write pictures of noise."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(n):
        noise = rng.integers(256, size=(SIDE, SIDE, 3), dtype=np.uint8)
        Picture.fromarray(noise).save(folder / f"{i:05}.jpg")
    return folder


# --- beside others -------------------------------------------------------------------------------


def compare_ways(album: Path, folder: Path) -> Metrics:
    """Measure files a second of every way, in turns."""
    ways: dict[str, Callable[[], float]] = {
        "one": partial(map_seconds, album, folder, 1),
        "two": partial(map_seconds, album, folder, 2),
        "processes": partial(processes_seconds, album),
        "xargs": partial(xargs_seconds, album),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    starts = []
    for _ in range(TURNS):
        for name, way in ways.items():
            found[name].append(way())
        starts.append(start_seconds())
    rates = {name: FILES / median(seconds) for name, seconds in found.items()}
    return {
        "files_per_second_1": rates["one"],
        "files_per_second_2": rates["two"],
        "vs_processes": rates["two"] / rates["processes"],
        "vs_xargs": rates["two"] / rates["xargs"],
        "overhead_ms": overhead_ms(album, folder),
        "start_s": median(starts),
    }


def new_name(folder: Path) -> str:
    """Name a folder that is not there yet."""
    return str(folder / f"new-{len(list(folder.iterdir()))}")


def map_seconds(album: Path, folder: Path, workers: int) -> float:
    """Time a run, from the start of its workers on."""
    request = Request(VERB, (str(album),), OPTIONS, (new_name(folder),))
    return map_files(request, workers, resume=False).seconds


def start_seconds() -> float:
    """Time how long Ray takes to start."""
    started = time.perf_counter()
    with connect(2):
        return time.perf_counter() - started


def processes_seconds(album: Path) -> float:
    """Time two plain processes."""
    started = time.perf_counter()
    context = get_context("spawn")
    with ProcessPoolExecutor(2, context, initializer=begin_process) as pool:
        for _ in pool.map(attempt_file, map(str, sorted(album.iterdir())), chunksize=CHUNK):
            pass
    return time.perf_counter() - started


def begin_process() -> None:
    """Make ready to keep applications loaded."""
    SESSIONS.append(Sessions())


def attempt_file(path: str) -> None:
    """Do one file."""
    attempt(Job(VERB, (path,), OPTIONS, {}, Settings(threads=1)), SESSIONS[0])


def xargs_seconds(album: Path) -> float:
    """Time two processes at a time, each of OF_XARGS files, as xargs starts them."""
    words = [sys.executable, "-m", "neuropil", VERB, "--classes", "ten", "--threads", "1"]
    names = "\n".join(map(str, sorted(album.iterdir())))
    started = time.perf_counter()
    command = ["xargs", "-P", "2", "-n", str(OF_XARGS), *words]
    subprocess.run(command, input=names, encoding="utf-8", check=True, capture_output=True)
    return time.perf_counter() - started


def overhead_ms(album: Path, folder: Path) -> float:
    """Tell what a file takes of one worker beyond its work, from the second file on.

    The seconds of the work are those of the manifest.
    """
    times: list[float] = []
    stamp = partial(stamp_time, times)
    request = Request(VERB, (str(album),), OPTIONS, (new_name(folder),))
    with report_to(Watch({1: stamp, FILES: stamp})):
        manifest = map_files(request, 1, resume=False).manifest
    _, _, *lines = Path(manifest).read_text(encoding="utf-8").splitlines()
    work = float(sum(json.loads(line)["seconds"] for line in lines))
    first, last = times
    return (last - first - work) / len(lines) * 1000


def stamp_time(times: list[float], done: int) -> None:
    """Note the time."""
    times.append(time.perf_counter())


# --- memory, and kills ---------------------------------------------------------------------------


class Watch(Nobody):
    """A reporter that calls once so many files are done, and tells how many."""

    def __init__(self, calls: dict[int, Callable[[int], None]]) -> None:
        self.calls = calls

    def at(self, title: str, done: int, total: int | None) -> None:
        """Call what is due."""
        for n in [n for n in self.calls if done >= n]:
            self.calls.pop(n)(done)


def measure_memory(album: Path, folder: Path) -> Metrics:
    """Measure the memory of a run after some, more and many files: one picture again and again."""
    names = sorted(map(str, album.iterdir()))
    listed = folder / "many.txt"
    repeated = (names[i % len(names)] for i in range(MANY[-1] + 1))
    listed.write_text("\n".join(repeated), encoding="utf-8")
    found: Metrics = {}

    def look(n: int, done: int) -> None:
        found[f"rss_mb_{n // 1000}k"] = sum(map(resident_mb, [os.getpid(), *find_workers()]))

    request = Request(VERB, (f"{LIST}{listed}",), OPTIONS, (new_name(folder),))
    with report_to(Watch({n: partial(look, n) for n in MANY})):
        map_files(request, 2, resume=False)
    return found


def measure_recovery(album: Path, folder: Path) -> Metrics:
    """Measure the time between the kill of the only worker, or of the run, and the next file."""
    workers = median(worker_recovery(album, folder) for _ in range(KILLS))
    return {"recovery_s": workers, "recovery_driver_s": run_recovery(album, folder)}


def worker_recovery(album: Path, folder: Path) -> float:
    """Kill the only worker, and time how long it takes until another one has done something."""
    times: list[float] = []

    def kill(done: int) -> None:
        stamp_time(times, done)
        watch.calls[done + 1] = partial(stamp_time, times)
        for number in find_workers():
            os.kill(number, signal.SIGKILL)

    watch = Watch({KILL_AT: kill})
    request = Request(VERB, (str(album),), OPTIONS, (new_name(folder),))
    with report_to(watch):
        map_files(request, 1, resume=False)
    killed, recovered = times
    return recovered - killed


def run_recovery(album: Path, folder: Path) -> float:
    """Kill the run itself, and time how long `--resume` takes until it has done something."""
    out = new_name(folder)
    with start_run(album, out) as first:
        wait_for(out, KILL_AT)
        first.kill()
    done = count_lines(out)
    started = time.perf_counter()
    with start_run(album, out, "--resume") as second:
        wait_for(out, done + 1)
        seconds = time.perf_counter() - started
        second.terminate()
    return seconds


@contextmanager
def start_run(album: Path, out: str, *more: str) -> "Iterator[subprocess.Popen[bytes]]":
    """Start a run in a process of its own."""
    words = ["-m", "neuropil", "map", VERB, str(album), "-o", out, "--classes", "ten", *more]
    command = [sys.executable, *words, "--workers", "1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        yield run


def wait_for(out: str, n: int) -> None:
    """Wait until a manifest has more than so many lines."""
    while count_lines(out) <= n:
        time.sleep(0.02)


def count_lines(out: str) -> int:
    """Count the lines of a manifest; none where there is none yet."""
    path = Path(out, "manifest.jsonl")
    return path.read_bytes().count(b"\n") if path.exists() else 0


def find_workers() -> list[int]:
    """Find the worker processes of this machine (on Linux)."""
    found = []
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            if folder.name.isdigit() and b"VerbWorker" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found


def resident_mb(process: int) -> float:
    """Tell the resident memory of a process in MB (on Linux)."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return float(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
