"""Measure an application: tables for people, then one line of JSON for machines, the last one.

    neuropil bench colorize --data DIR

What is measured, and beside whom, is in the application's own bench.py. The line holds its figures
and what they hold for: commit, SHA-256 of the weights, command, date and processor.
"""

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from neuropil import registry
from neuropil.kit.report import Report, Table
from neuropil.kit.weights import VARIABLE, Weights, cores

GAP = "  "  # between columns


def lines(name: str, data: Path | None) -> Iterator[str]:
    """Run the benchmark of an application and yield what is to be printed."""
    report: Report = registry.benchmark(name).measure(data)
    for table in report.tables:
        yield from (*drawn(table), "")
    command = f"neuropil bench {name}" + (" --data DIR" if data else "")
    record = report.figures | {"command": command} | stamp(registry.application(name).weights)
    yield json.dumps({key: _short(value) for key, value in record.items()}, allow_nan=False)


def stamp(weights: Weights | None) -> dict[str, str]:
    """Say what was measured, when, and on what."""
    return {
        "commit": _commit(Path(__file__).parent),
        "weights_sha256": _sha256(weights),
        "date": date.today().isoformat(),
        "processor": f"{_processor()}, {cores()} cores",
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


def _short(value: float | int | str) -> float | int | str:
    """Cut the digits of a float that no measurement has."""
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _sha256(weights: Weights | None) -> str:
    if weights is None:
        return ""
    path = os.environ.get(VARIABLE) or weights.folder / weights.file
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _commit(folder: Path) -> str:
    """Name the commit, with a + where the tree has changes; empty where this is no checkout."""

    def git(*arguments: str) -> str:
        run = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
        )
        return run.stdout.strip()

    try:
        git("ls-files", "--error-unmatch", "__init__.py")  # it may be another project's checkout
        return git("describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*")
    except (OSError, subprocess.CalledProcessError):
        return ""


def _processor() -> str:
    """Name the processor; Linux keeps the name in a file, other systems tell it to Python."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in told.splitlines() if "model name" in line]
    return names[0] if names else platform.machine()
