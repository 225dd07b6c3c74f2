"""Measure an application or a part of the package: tables, then one line of JSON, the last one.

    neuropil bench colorize --data DIR
    neuropil bench core

What is measured, and beside whom, is in the bench.py of the application or part; of an application
without one, the seconds that each of its verbs takes over the package's own samples. The line holds
the figures and what they hold for: commit, SHA-256 of the weights and of the code, command, date,
processor, and the seconds that all of it took. `./run check --records` finds the records whose code
or weights are others by now.
"""

import importlib
import inspect
import json
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import date
from fractions import Fraction
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from neuropil import registry
from neuropil.kit.cpu import cores
from neuropil.kit.errors import UserError, suggest
from neuropil.kit.media import film, film_writer
from neuropil.kit.media.frame import Frame
from neuropil.kit.media.image import Image
from neuropil.kit.networks.network import choose_files
from neuropil.kit.provenance import code_sha256, file_sha256, git_commit, processor_name
from neuropil.kit.report import Metric, Metrics, Report, Table, median_seconds

PARTS = {  # of the package that are measured -> where their bench.py lies
    "core": "core",
    "microscope": "microscope",
    "biology": "biology",
    "cli": "surfaces.cli",
    "studio": "surfaces.web",
    "cluster": "surfaces.cluster",
    "eye": "eye.lab",
}
GAP = "  "  # between columns
PACKAGE = Path(__file__).parent
SAMPLES = PACKAGE / "samples"
TEXT = "The quick brown fox jumps over the lazy dog."
REPEATS = 5  # calls of a verb, whose median is given
FRAMES, FPS = 8, Fraction(8)  # of a film: one of the samples, seen through a window that moves
SHIFT = 4  # pixels that the window moves from frame to frame

Measure = Callable[..., Report]


def run_benchmark(name: str, data: Path | None, tracks: int | None = None) -> Iterator[str]:
    """Run the benchmark of an application or a part and yield what is to be printed.

    tracks: how many a car drives, for the application that has one
    """
    part = name in PARTS
    measure: Measure = (
        importlib.import_module(f"neuropil.{PARTS[name]}.bench").measure if part else _measure(name)
    )
    takes_tracks = "tracks" in inspect.signature(measure).parameters
    if tracks is not None and not takes_tracks:
        raise UserError(
            "option.conflict",
            f"--tracks {tracks}: {name} drives no car; leave it out",
            name="tracks",
            value=tracks,
        )
    if data is not None:
        is_general = isinstance(measure, partial)
        check_data(
            name,
            data,
            is_needless=(part and name not in registry.MADE_PARTS) or takes_tracks or is_general,
        )
    started = time.perf_counter()
    report: Report = measure(data, **({} if tracks is None else {"tracks": tracks}))
    for table in report.tables:
        yield from (*format_table(table), "")
    command = f"neuropil bench {name}" + (" --data DIR" if data else "")
    command += f" --tracks {tracks}" if tracks else ""
    seconds = round(time.perf_counter() - started)
    origin: Metrics = {"command": command, "seconds_to_measure": seconds, **provenance(name)}
    record = report.figures | origin
    yield json.dumps({key: _short(value) for key, value in record.items()}, allow_nan=False)


def _measure(name: str) -> Measure:
    """Find what measures an application: its own benchmark, or the general one."""
    if name not in registry.NAMES:
        known = (*registry.NAMES, *PARTS)
        raise UserError(
            "name.unknown",
            f"nothing is called {name}{suggest(name, known)}; there are: {', '.join(known)}",
            value=name,
            possible=known,
        )
    try:
        measure: Measure = registry.benchmark(name).measure
    except UserError as error:
        if error.code != "name.unsupported":
            raise
        return partial(measure_verbs, name)
    return measure


def measure_verbs(name: str, data: None = None) -> Report:
    """Measure how long each verb takes that takes one picture, film or text, by a sample of it.

    Raises UserError where there is no such verb.
    """
    app, figures, rows = registry.load_app(name), Metrics(), list[tuple[object, ...]]()
    verbs = [verb for verb in registry.find_app(name).verbs().values() if takes_one(verb)]
    for verb in verbs:
        key = f"seconds_{verb.command.replace('-', '_')}"
        for number, kind in enumerate(verb.signature.inputs[0].types):
            if found := sample_seconds(getattr(app, verb.method), kind):
                sample, seconds = found
                further = f"_{getattr(kind, 'KIND', 'text')}" if number else ""
                figures[key + further] = seconds
                rows.append((verb.command, sample, seconds))
    if not rows:
        raise UserError("name.unsupported", f"{name} has nothing to measure", name=name)
    title = f"Seconds of a call, the median of {REPEATS}"
    return Report((Table(title, ("command", "input", "seconds"), tuple(rows)),), figures)


def takes_one(verb: Any) -> bool:
    """Tell a verb that can be called with one input alone, and opens no window."""
    signature = verb.signature
    is_free = not any(option.required for option in signature.options)
    return len(signature.inputs) == 1 and is_free and not verb.local


def sample_seconds(call: Callable[[Any], Any], kind: Any) -> tuple[str, float] | None:
    """Time a call with the first sample of a kind that it does not refuse, and name that."""
    with TemporaryDirectory() as folder:
        for name, given in samples(kind, Path(folder)):
            with suppress(UserError):
                return name, median_seconds(partial(exhaust, call, given), REPEATS)
    return None


def samples(kind: Any, folder: Path) -> Iterator[tuple[str, Any]]:
    """Open samples of a kind of input, each with its name; none of folders and of other kinds."""
    if kind is str:
        yield "a sentence", TEXT
    elif issubclass(kind, film.Film):
        photo = next(iter(samples(Image, folder)))[1]
        film_writer.write_film(folder / "moving.mp4", pan_over(photo), fps=FPS)
        yield f"{FRAMES} frames", kind.open(folder / "moving.mp4")
    else:
        for path in sorted(SAMPLES.iterdir()):
            if path.suffix in getattr(kind, "READS", ()):
                yield path.name, kind.open(path)


def pan_over(photo: Image) -> Iterator[Frame]:
    """See a photograph through a window that moves over it."""
    height, width = (2 * ((side - SHIFT * FRAMES) // 2) for side in photo.pixels.shape[:2])
    for n in range(FRAMES):
        window = photo.pixels[n * SHIFT :][:height, n * SHIFT :][:, :width]
        yield Frame(window.astype("u1"), n / FPS)


def exhaust(call: Callable[[Any], Any], given: Any) -> None:
    """Call, and make the frames of films in the result, which wait until they are asked for."""
    result = call(given)
    parts: Iterable[Any] = vars(result).values() if hasattr(result, "__dict__") else ()
    for each in (result, *parts):
        if isinstance(each, film.Film):
            deque(each.frames(), maxlen=0)


def check_data(name: str, data: Path, *, is_needless: bool) -> None:
    """Raise UserError for data that nothing is measured on, or that are not there."""
    if is_needless:
        raise UserError(
            "option.conflict",
            f"--data {data}: {name} is measured without any; leave it out",
            name="data",
            value=data,
        )
    if not data.is_dir():
        raise UserError("data.missing", f"there is no folder {data}; name one by --data", path=data)


def provenance(name: str) -> dict[str, str]:
    """Say what was measured, when, and on what."""
    return {
        "commit": git_commit(PACKAGE),
        "weights_sha256": weights_sha256(name),
        "code_sha256": code_sha256(PACKAGE, measured_files(name)),
        "date": date.today().isoformat(),
        "processor": f"{processor_name()}, {cores()} cores",
    }


def measured_files(name: str) -> list[Path]:
    """Find the files that measuring an application or a part begins with."""
    if name in PARTS:
        folder = PACKAGE.joinpath(*PARTS[name].split("."))
        files = (folder / "bench.py", folder / "serve.py")  # what runs in a process of its own
        return [file for file in files if file.exists()]
    folder = PACKAGE / "apps" / name
    return [file for file in (folder / "app.py", folder / "lab" / "bench.py") if file.exists()]


def weights_sha256(name: str) -> str:
    """Name the networks of an application or a part by their bytes: one hash each, by role."""
    networks = registry.networks_of(name)
    foreign = choose_files(networks, ())
    paths = {role: foreign.get(role, weights.path) for role, weights in networks.items()}
    return " ".join(file_sha256(path) for path in paths.values())


def format_table(table: Table) -> list[str]:
    """Lay a table out in columns: texts at the left, numbers at the right."""
    rows = [table.columns, *([_format(value) for value in row] for row in table.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    numeric = [all(isinstance(v, int | float) for v in c) for c in zip(*table.rows, strict=True)]
    laid = [
        GAP.join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in rows
    ]
    return [table.title, laid[0], "-" * len(GAP.join("-" * width for width in widths)), *laid[1:]]


def _format(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _short(value: Metric) -> Metric:
    """Cut the digits of a float that no measurement has."""
    return float(f"{value:.6g}") if isinstance(value, float) else value
