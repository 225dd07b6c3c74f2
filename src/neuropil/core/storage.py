"""A network in a file: what its layers are, as text, and its numbers, in one NumPy archive.

The file is written beside its place and renamed, so that it is there whole or not at all, and it is
read without executing anything that it holds.
"""

import json
import os
import zipfile
import zlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from neuropil.core import layers as kinds
from neuropil.core.layers import Layer
from neuropil.core.tensor import Array

DESCRIPTION = "neuropil network"  # the archive's entry that says what the layers are
MOST_BYTES = 2_000_000_000  # of all numbers, unpacked
MISREAD = (  # what goes wrong with a file that holds something else
    *(zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError),
    *(EOFError, MemoryError, NotImplementedError),
)


def save(path: Path, layers: tuple[Layer, ...]) -> None:
    """Write layers with all that they know."""
    # Settings as text and numbers as arrays: nothing that is read back is ever executed.
    described = [{"layer": type(layer).__name__, **asdict(layer)} for layer in layers]
    entries: dict[str, Any] = {DESCRIPTION: np.array(json.dumps(described))}
    for i, layer in enumerate(layers):
        entries |= {f"{i}.{name}": array for name, array in state(layer)}
    temporary = path.with_name(f".{path.name}.{os.getpid()}.npz")
    try:
        np.savez_compressed(temporary, **entries)
        # At once: a reader finds the old file or the new, never half of one.
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def state(layer: Layer) -> list[tuple[str, Array]]:
    """List a layer's parameters and memory as arrays."""
    # Running statistics are learned too, but not by the gradient: without them it would not be the
    # same network.
    learned = [(name, tensor.value) for name, tensor in layer.parameters().items()]
    return [*learned, *layer.buffers().items()]


def load(path: Path) -> list[Layer]:
    """Read what `save` has written."""
    try:
        with path.open("rb") as file:
            with zipfile.ZipFile(file) as archive:
                # A small archive may unpack to more than there is memory.
                size = sum(entry.file_size for entry in archive.infolist())
            if size > MOST_BYTES:
                raise ValueError(f"{path} unpacks to {size} bytes")
            file.seek(0)
            arrays = dict(np.load(file, allow_pickle=False))
        described = [dict(settings) for settings in json.loads(str(arrays.pop(DESCRIPTION)))]
    except MISREAD as error:
        raise ValueError(
            f"{path} holds no network: give a file that Network.save has written"
        ) from error
    return [_layer(path, i, settings, arrays) for i, settings in enumerate(described)]


def _layer(path: Path, i: int, settings: dict[str, object], arrays: dict[str, Array]) -> Layer:
    """Make one layer and put its numbers in."""
    # Only a layer of ours: a name from a file must not reach anything else in the module.
    kind = getattr(kinds, str(settings.pop("layer")), None)
    if not (isinstance(kind, type) and issubclass(kind, Layer)):
        raise ValueError(f"{path}: layer {i} is of a kind that this version doesn't know")
    layer = kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()})
    buffers = {name: array.shape for name, array in layer.buffers().items()}
    for name, shape in {**layer.parameter_shapes(), **buffers}.items():
        given = arrays.get(f"{i}.{name}")
        if given is None or given.shape != shape:
            found = "nothing" if given is None else f"shape {given.shape}"
            raise ValueError(f"{path}: {i}.{name} of {layer} should be {shape}, is {found}")
        layer.set_parameter(name, given)
    return layer
