"""Records of measurements, held to what they measured.

    ./run check --records

prints a line for each `bench.json`: whether it holds for the weights and the code that are there,
which files have changed since, and the command that renews it with the minutes that this took. The
hash of a record is over the bytes of all files that its benchmark imports, comments included: that
code has changed needn't mean that a figure has.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pages

from neuropil import bench
from neuropil.kit.provenance import code_files, code_sha256

SHOWN = 4  # changed files that a line names


def read_record(file: Path) -> dict[str, float | str]:
    """Read a record: figures, and where they come from."""
    record: dict[str, float | str] = json.loads(file.read_text(encoding="utf-8"))
    return record


def changed_files(name: str, commit: str) -> list[str]:
    """Name the files that a benchmark needs and that differ from a commit, as far as git tells."""
    asked = ["git", "diff", "--name-only", commit, "--"]
    needed = code_files(bench.PACKAGE, bench.measured_files(name))
    done = subprocess.run(
        [*asked, *map(str, needed)],
        cwd=pages.ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return [line.removeprefix("src/neuropil/") for line in done.stdout.splitlines()]


def describe(name: str, record: dict[str, float | str]) -> str:
    """Say what a record holds for."""
    if record["weights_sha256"] != bench.weights_sha256(name):
        return "OTHER WEIGHTS"
    if record.get("code_sha256") == code_sha256(bench.PACKAGE, bench.measured_files(name)):
        return "holds"
    changed = changed_files(name, str(record["commit"]))
    more = f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
    return f"older than its code: {', '.join(changed[:SHOWN]) or 'unknown files'}{more}"


def lines() -> Iterator[str]:
    """Write a line about each record."""
    for name, file in sorted(pages.record_files().items()):
        record = read_record(file)
        seconds = record.get("seconds_to_measure")
        took = f"{float(seconds) / 60:.1f} min" if seconds else "not timed"
        state = f"{record['date']} {describe(name, record)}"
        yield f"{name:12} {state}\n{'':12} {record['command']} ({took})"


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in lines())
