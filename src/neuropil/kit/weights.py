"""Networks: the ONNX file that is in the package, or another of the same form, made ready to run.

    WEIGHTS = Weights(Path(__file__).parent / "weights", "colorize-base-v1.onnx", "5e1f...", "MIT")
    network = WEIGHTS.open()
    network.run(grey=photo)["ab"]

This is the only file that imports onnxruntime, and only once there is something to run.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuropil.kit.errors import UserError

if TYPE_CHECKING:  # NumPy takes an eighth of a second, and lists of applications need none
    from numpy.typing import NDArray

VARIABLE = "NEUROPIL_WEIGHTS"
OWNER = "neuropil"  # the key of the metadata that names the application


class Network:
    """A network in ONNX Runtime, on the CPU: of a file, or of the bytes of one."""

    def __init__(self, model: Path | bytes, *, threads: int | None = None) -> None:
        self.path = model if isinstance(model, Path) else Path()
        self._session = _session(model, threads or cores())
        self.metadata: dict[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)
        self.inputs = tuple(value.name for value in self._session.get_inputs())
        self.sizes = {value.name: value.shape for value in self._session.get_inputs()}
        self.outputs = tuple(value.name for value in self._session.get_outputs())

    def run(self, **feeds: "NDArray[Any]") -> "dict[str, NDArray[Any]]":
        """Calculate every output from the inputs, all by name."""
        return dict(zip(self.outputs, self._session.run(None, feeds), strict=True))


@dataclass(frozen=True)
class Weights:
    """A file in the package, the SHA-256 that it must have, and the licence of its numbers."""

    folder: Path
    file: str
    sha256: str
    licence: str

    def open(self, path: Path | None = None, *, threads: int | None = None) -> Network:
        """Load the packaged network, or that of `path` or $NEUROPIL_WEIGHTS if its form fits."""
        other = path or os.environ.get(VARIABLE)
        if not other:
            return Network(self._checked(), threads=threads)
        network = _foreign(Path(other), threads)
        _compare(network, Network(self._checked(), threads=1))
        return network

    def _checked(self) -> Path:
        """Return the packaged file once its bytes are seen to be the right ones."""
        path = self.folder / self.file
        known = path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == self.sha256
        if not known:
            raise UserError(
                "network.damaged",
                f"{path} is not the file that belongs there (its SHA-256 differs);"
                " to repair: pip install --force-reinstall neuropil",
                path=path,
            )
        return path


def cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _session(model: Path | bytes, threads: int) -> Any:
    import onnxruntime

    onnxruntime.set_default_logger_severity(3)  # errors only: it looks for graphics cards aloud
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _foreign(path: Path, threads: int | None) -> Network:
    """Load a file that is not ours, in which anything may be."""
    if not path.is_file():
        raise UserError(
            "input.missing",
            f"there are no weights {path}, or it is no file; name an .onnx file",
            path=path,
        )
    try:
        return Network(path, threads=threads)
    except Exception as error:  # ONNX Runtime has a class per mishap, and no common one
        raise UserError(
            "network.damaged", f"{path} is not an ONNX network; name an .onnx file", path=path
        ) from error


def _compare(network: Network, ours: Network) -> None:
    """Raise UserError where a network is not made for the same work as the packaged one."""
    owner, wanted = network.metadata.get(OWNER, "nothing known"), ours.metadata.get(OWNER)
    if owner != wanted:
        raise UserError(
            "network.mismatch",
            f"{network.path} is made for {owner}; {wanted} can't use it",
            path=network.path,
        )
    for kind in ("inputs", "outputs"):
        given, needed = getattr(network, kind), getattr(ours, kind)
        if given != needed:
            raise UserError(
                "network.mismatch",
                f"{network.path} has the {kind} {', '.join(given)};"
                f" {wanted} needs {', '.join(needed)}",
                path=network.path,
            )
