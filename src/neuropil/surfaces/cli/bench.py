"""What is measured of the command line: how long a person waits until it says something.

    neuropil bench cli

Every command runs in a fresh process, beside Python that does nothing: what remains is ours.
"""

import subprocess
import sys
from functools import partial
from pathlib import Path

from neuropil.kit.report import Report, Table, median_seconds_interleaved

REPEATS, TURNS = 3, 5  # of a command, whose medians are given
COMMANDS = {  # name of the figure -> what Python is told
    "python_seconds": ("-c", "pass"),
    "help_seconds": ("-m", "neuropil", "--help"),
    "verb_help_seconds": ("-m", "neuropil", "colorize", "--help"),
    "list_seconds": ("-m", "neuropil", "list"),
}


def measure(data: Path | None) -> Report:
    """Measure; there is no data to take."""
    commands = {name: partial(run_python, words) for name, words in COMMANDS.items()}
    seconds = median_seconds_interleaved(commands, REPEATS, TURNS)
    alone = seconds["python_seconds"]
    rows = tuple(
        (" ".join(["python", *words]), seconds[name], seconds[name] / alone)
        for name, words in COMMANDS.items()
    )
    names = ("command", "seconds", "times Python alone")
    ratio = {"help_vs_python": seconds["help_seconds"] / alone}
    return Report((Table("Until a command has ended", names, rows),), {**seconds, **ratio})


def run_python(words: tuple[str, ...]) -> None:
    """Run this Python in a fresh process; what it prints is dropped."""
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
