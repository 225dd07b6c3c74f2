"""Measure an application or a part of the package: tables, then one line of JSON, the last one.

    neuropil bench colorize --data DIR
    neuropil bench core

What is measured, and beside whom, is in the bench.py of the application or part. The line holds its
figures and what they hold for: commit, SHA-256 of the weights, command, date and processor.
"""

import importlib
import inspect
import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from types import ModuleType

from neuropil import registry
from neuropil.kit.cpu import cores
from neuropil.kit.errors import UserError, suggest
from neuropil.kit.networks.network import Weights, choose_files
from neuropil.kit.provenance import file_sha256, git_commit, processor_name
from neuropil.kit.report import Figure, Report, Table

PARTS = ("core", "microscope", "biology")
GAP = "  "  # between columns


def lines(name: str, data: Path | None, tracks: int | None = None) -> Iterator[str]:
    """Run the benchmark of an application and yield what is to be printed.

    tracks: how many a car drives, for the application that has one
    """
    part = name in PARTS
    module = importlib.import_module(f"neuropil.{name}.bench") if part else _application(name)
    takes_tracks = "tracks" in inspect.signature(module.measure).parameters
    if tracks is not None and not takes_tracks:
        raise UserError(
            "option.conflict",
            f"--tracks {tracks}: {name} drives no car; leave it out",
            name="tracks",
            value=tracks,
        )
    if data is not None:
        check_data(name, data, is_needless=part or takes_tracks)
    report: Report = module.measure(data, **({} if tracks is None else {"tracks": tracks}))
    for table in report.tables:
        yield from (*drawn(table), "")
    command = f"neuropil bench {name}" + (" --data DIR" if data else "")
    command += f" --tracks {tracks}" if tracks else ""
    networks = {} if part else registry.find_app(name).networks
    record = report.figures | {"command": command} | stamp(networks)
    yield json.dumps({key: _short(value) for key, value in record.items()}, allow_nan=False)


def _application(name: str) -> ModuleType:
    """Find the benchmark of an application; raises UserError where there is none."""
    if name not in registry.NAMES:
        known = (*registry.NAMES, *PARTS)
        raise UserError(
            "name.unknown",
            f"nothing is called {name}{suggest(name, known)}; there are: {', '.join(known)}",
            value=name,
            possible=known,
        )
    return registry.benchmark(name)


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


def stamp(networks: Mapping[str, Weights]) -> dict[str, str]:
    """Say what was measured, when, and on what."""
    return {
        "commit": git_commit(Path(__file__).parent),
        "weights_sha256": _sha256(networks),
        "date": date.today().isoformat(),
        "processor": f"{processor_name()}, {cores()} cores",
    }


def drawn(table: Table) -> list[str]:
    """Lay a table out in columns: texts at the left, numbers at the right."""
    rows = [table.columns, *([_said(value) for value in row] for row in table.rows)]
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


def _said(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _short(value: Figure) -> Figure:
    """Cut the digits of a float that no measurement has."""
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _sha256(networks: Mapping[str, Weights]) -> str:
    """Name the networks that were measured by their bytes: one hash each, by role."""
    foreign = choose_files(networks, ())
    paths = {role: foreign.get(role, weights.path) for role, weights in networks.items()}
    return " ".join(file_sha256(path) for path in paths.values())
