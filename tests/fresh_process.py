"""Commands of ours, each in a new process, without the second that a new Python takes to get ready.

Python with NumPy, ONNX and FFmpeg takes longer to start than most commands take to run. So a server
loads what others have written, once, and forks for every command; what is ours, a command loads
itself, as it does where a person types it. (Where no process can fork, each starts from nothing.)
"""

import importlib
import multiprocessing
import os
import runpy
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

LIBRARIES = ["av", "jinja2", "numpy", "onnx", "onnxruntime", "PIL.Image", "rich.console", "typer"]
_METHODS = multiprocessing.get_all_start_methods()
_starting: Any = multiprocessing.get_context("forkserver" if "forkserver" in _METHODS else "spawn")


@dataclass(frozen=True)
class Ended:
    """What came of a command."""

    returncode: int
    stdout: str
    stderr: str


def run_module(
    name: str, words: Sequence[str], folder: Path, others: Sequence[tuple[str, str, int]] = ()
) -> Ended:
    """Do what `python -m NAME WORDS` does in a folder, untraced by coverage.

    others: a module, a name in it, and another number for it
    """
    if hasattr(_starting, "set_forkserver_preload"):
        _starting.set_forkserver_preload(LIBRARIES)
    with TemporaryDirectory() as beside, pytest.MonkeyPatch.context() as patch:
        for variable in [key for key in os.environ if key.startswith("COVERAGE_")]:
            patch.delenv(variable)
        printed = [str(Path(beside, stream)) for stream in ("stdout", "stderr")]
        given = (name, list(words), str(folder), printed, list(others))
        process = _starting.Process(target=_become, args=given)
        process.start()
        process.join()
        texts = [Path(file).read_text(encoding="utf-8") for file in printed]
    assert process.exitcode is not None
    return Ended(process.exitcode, *texts)


def _become(
    name: str,
    words: list[str],
    folder: str,
    printed: list[str],
    others: list[tuple[str, str, int]],
) -> None:
    """Turn this process into that of a command."""
    for stream, file in enumerate(printed, 1):
        opened = os.open(file, os.O_WRONLY | os.O_CREAT)
        os.dup2(opened, stream)
        os.close(opened)
    os.chdir(folder)
    sys.path.insert(0, folder)
    sys.argv = [name, *words]
    for module, number, value in others:
        setattr(importlib.import_module(module), number, value)
    runpy.run_module(name, run_name="__main__", alter_sys=True)
