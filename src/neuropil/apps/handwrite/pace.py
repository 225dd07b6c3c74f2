"""The speed of one pen step: ours, the same network in torch, and one of Graves' published shape.

All write the same number of lines side by side, and only the network is timed.
"""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from neuropil.apps.handwrite.infer import PEN
from neuropil.apps.handwrite.writing import Arrays, B, Task, begin, blank
from neuropil.kit.report import timed
from neuropil.kit.weights import Network

ROWS, STEPS, REPEATS = B, 60, 5
TEXT = "the quick brown fox jumps over a lazy dog"


def ours() -> float:
    """Time our step in ONNX Runtime: seconds a point."""
    pen = PEN.open()
    return seconds(pen.run, written_in(pen))


def written_in(pen: Network) -> Arrays:
    """Make the inputs of lines that are about to be written."""
    feeds = blank(pen)
    for place in range(ROWS):
        begin(feeds, place, Task(TEXT, np.zeros_like(feeds["style"][0]), 0.5, (place,)))
    return feeds


def seconds(run: Callable[..., Mapping[str, object]], feeds: Mapping[str, object]) -> float:
    """Time a step that is fed with its own state: seconds a point."""

    def many() -> None:
        for _ in range(STEPS):
            run(**feeds)

    return timed(many, REPEATS) / STEPS / ROWS


def eager() -> float:
    """Time the same network in torch, step by step: seconds a point."""
    import torch

    from neuropil.apps.handwrite.model import HIGH, LOW
    from neuropil.apps.handwrite.model import Pen as TorchPen

    pen = TorchPen(LOW, HIGH).eval()
    feeds = {name: torch.from_numpy(array) for name, array in written_in(PEN.open()).items()}

    def run(**given: object) -> Mapping[str, object]:
        with torch.inference_mode():
            return {"made": pen(*given.values())}

    return seconds(run, feeds)


def graves() -> float:
    """Time three LSTMs of 400 cells, a window of 10 and 20 Gaussians (Graves 2013, section 5)."""
    import torch

    from neuropil.apps.handwrite.model import Published

    network = Published().eval()
    feeds = {name: torch.zeros(shape) for name, shape in Published.shapes(ROWS, len(TEXT)).items()}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "published.onnx")
        names, opset = list(feeds), 18
        torch.onnx.export(
            network,
            tuple(feeds.values()),
            str(file),
            input_names=names,
            opset_version=opset,
            dynamo=False,
        )
        session = Network(file.read_bytes())
    return seconds(session.run, {name: tensor.numpy() for name, tensor in feeds.items()})
