"""Open a unit of each output of all of ONNX's own test networks, about 1,900 in five minutes.

    python tests/sweep.py               all
    python tests/sweep.py resize        those with "resize" in their name

Prints how many units opened and were proven, were named in a sentence, or are of networks that ONNX
Runtime doesn't run; and each that ended otherwise, or whose next command doesn't work.
"""

import contextlib
import io
import os
import re
import shlex
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
from onnx.backend.test.loader import load_model_tests

from neuropil.surfaces.cli import main as cli

KINDS = {0: "opened", 1: "FAULT OR PROOF FAILED", 2: "named"}


def run(line: list[str]) -> tuple[int, str]:
    """Run a command line: its exit code, and the last line that it prints."""
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        code = cli.run(line)
    return code, (told.getvalue().strip().splitlines() or [""])[-1]


def word_lines(case: Any) -> Iterator[list[str]]:
    """Write a test's network and inputs to files, and word a command for each of its outputs."""
    onnx.save(case.model, "net.onnx")
    given, wanted = case.data_sets[0]
    line = ["open", "net.onnx"]
    for i, (value, x) in enumerate(zip(case.model.graph.input, given, strict=False)):
        is_plain = isinstance(x, np.ndarray | np.generic) and x.dtype.kind in "biuf"
        np.save(f"{i}.npy", x if is_plain else np.zeros(1, np.float32))
        line += ["--input", f"{value.name}={i}.npy"]
    for value, y in zip(case.model.graph.output, wanted, strict=False):
        shape = y.shape if isinstance(y, np.ndarray) else ()
        if 0 not in shape:
            yield [*line, "--unit", ",".join([value.name, *(str(n // 2) for n in shape)])]


def open_all(pattern: str) -> Counter[str]:
    """Open a unit of each output, then what the command that is printed opens."""
    found: Counter[str] = Counter()
    cases = [case for kind in ("node", "simple") for case in load_model_tests(kind=kind)]
    for case in cases:
        lines = word_lines(case) if case.model and pattern in case.name else iter(())
        for line in lines:
            code, last = run(line)
            kind = "not run" if code == 2 and "can't run" in last else KINDS[code]
            following = re.search(r"neuropil (open .*)$", last)
            if code != 1 and following and run(shlex.split(following[1]))[0] != 0:
                kind = "NEXT COMMAND FAILED"
            found[kind] += 1
            if kind.isupper():
                sys.stdout.write(f"{kind}: {case.name}: {shlex.join(line)}\n  {last}\n")
    return found


if __name__ == "__main__":
    os.chdir(tempfile.mkdtemp())
    sys.stdout.write(f"{dict(open_all(''.join(sys.argv[1:])))}\n")
