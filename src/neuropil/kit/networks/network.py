"""Networks: the ONNX file that is in the package, or another of the same form, made ready to run.

    file = NetworkFile(Path("weights"), "colorize-base-v1.onnx", "5e1f...", "MIT")
    network = file.open()
    network.run(grey=photo)["ab"]

This is the only file that imports onnxruntime, and only once there is something to run.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from neuropil.kit.bounded import read_bytes
from neuropil.kit.cpu import cores
from neuropil.kit.errors import UserError
from neuropil.kit.networks.onnx_file import MOST_BYTES, check_whole

if TYPE_CHECKING:  # NumPy takes an eighth of a second, and lists of applications need none
    from numpy.typing import NDArray

VARIABLE = "NEUROPIL_WEIGHTS"
APP_KEY = "neuropil"  # the key of the metadata that names the application


class OnnxNetwork:
    """A network in ONNX Runtime, on the CPU: of a file, or of the bytes of one.

    content: the bytes of the file as they were read, whatever becomes of it later
    """

    def __init__(
        self, model: Path | bytes, *, threads: int | None = None, path: Path | None = None
    ) -> None:
        self.path = path or (model if isinstance(model, Path) else Path())
        self.content = content_of(model) if isinstance(model, Path) else model
        self._session = _session(self.content, threads or cores())
        self.metadata: dict[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)
        self.inputs = tuple(value.name for value in self._session.get_inputs())
        self.input_shapes = {value.name: value.shape for value in self._session.get_inputs()}
        self.outputs = tuple(value.name for value in self._session.get_outputs())

    def run(self, /, **feeds: "NDArray[Any]") -> "dict[str, NDArray[Any]]":
        """Calculate every output from the inputs, all by name."""
        return dict(zip(self.outputs, self._session.run(None, feeds), strict=True))


@dataclass(frozen=True)
class NetworkFile:
    """A file in the package, the SHA-256 that it must have, and the licence of its numbers.

    role: "measure" of a network that only benchmarks run
    """

    folder: Path
    file: str
    sha256: str
    licence: str
    role: Literal["run", "measure"] = "run"

    @property
    def path(self) -> Path:
        """Give the whole path of the file."""
        return self.folder / self.file

    def open(self, *, threads: int | None = None) -> OnnxNetwork:
        """Load the packaged network, once its bytes are seen to be the right ones."""
        path = self.path
        content = content_of(path) if path.is_file() else b""
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise UserError(
                "network.damaged",
                f"{path} is not the file that belongs there (its SHA-256 differs);"
                " to repair: pip install --force-reinstall neuropil",
                path=path,
            )
        return OnnxNetwork(content, threads=threads, path=path)


def content_of(path: Path) -> bytes:
    """Read the file of a network."""
    return read_bytes(path, MOST_BYTES, "name a network of one file")


def choose_files(
    files: Mapping[str, NetworkFile], given: Sequence[Path], app: str = ""
) -> dict[str, Path]:
    """Find the role of each foreign file by its owner, inputs and outputs.

    given: files that a person named, which have to fit; those of $NEUROPIL_WEIGHTS, a list as of
        $PATH, may be of other applications
    app: who needs them, for the sentence that one doesn't fit
    """
    listed = [(Path(name), False) for name in listed_files()] if files else []
    chosen: dict[str, Path] = {}
    asked: dict[str, Path] = {}
    for path, must_fit in [*listed, *((path, True) for path in given)]:
        try:
            network = open_foreign(path)
        except UserError as error:
            named = "" if must_fit else f" (${VARIABLE} names it)"
            raise error.wrap(f"{error.message}{named}", path) from None
        role = match(network, files)
        if role and must_fit and role in asked:
            both = f"{asked[role]} and {path} are both for the {role}; name one"
            raise UserError("option.conflict", both, path=path)
        if role:
            chosen[role] = path
            asked |= {role: path} if must_fit else {}
        elif must_fit:
            raise UserError("network.mismatch", _mismatch(network, files, app), path=path)
    return chosen


def listed_files() -> tuple[str, ...]:
    """List the files that $NEUROPIL_WEIGHTS names, separated as in $PATH."""
    return tuple(name for name in os.environ.get(VARIABLE, "").split(os.pathsep) if name)


def require_network(path: Path) -> None:
    """Raise UserError where there is no file of that name."""
    if not path.is_file():
        words = f"there are no weights {path}, or it is no file; name an .onnx file"
        raise UserError("input.missing", words, path=path)


def match(network: OnnxNetwork, files: Mapping[str, NetworkFile]) -> str:
    """Name the role of the packaged network that another can stand for; "" where there is none."""
    for role, weights in files.items():
        ours = weights.open(threads=1)
        same = (ours.metadata.get(APP_KEY), ours.inputs, ours.outputs)
        if (network.metadata.get(APP_KEY), network.inputs, network.outputs) == same:
            return role
    return ""


def _mismatch(network: OnnxNetwork, files: Mapping[str, NetworkFile], app: str) -> str:
    """Say why a network can't be used."""
    if not files:
        return f"{network.path} can't be used: there is no network here to be replaced"
    wanted = [weights.open(threads=1) for weights in files.values()]
    owner = network.metadata.get(APP_KEY, "nothing known")
    owners = [each.metadata.get(APP_KEY, "") for each in wanted]
    asked = app or owners[0]
    if owner not in owners:
        return f"{network.path} is made for {owner}; {asked} can't use it"
    forms = " or ".join(f"{', '.join(o.inputs)} to {', '.join(o.outputs)}" for o in wanted)
    given = f"{', '.join(network.inputs)} to {', '.join(network.outputs)}"
    return f"{network.path} goes from {given}; {asked} needs one from {forms}"


def _session(content: bytes, threads: int) -> Any:
    import onnxruntime

    onnxruntime.set_default_logger_severity(
        4
    )  # its errors are raised too; graphics cards it looks for aloud
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Threads that wait sleep instead of spinning: on a busy machine steps of small networks take a
    # third of the time, on an idle one nearly the same, and the processor has half the work.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def open_foreign(path: Path) -> OnnxNetwork:
    """Load a file that somebody named, in which anything may be; raises UserError."""
    require_network(path)
    content = content_of(path)
    try:
        check_whole(path, content)
        return OnnxNetwork(content, threads=1, path=path)
    except UserError:
        raise
    except Exception as error:  # ONNX Runtime has a class per mishap, and no common one
        raise UserError(
            "network.damaged", f"{path} is not an ONNX network; name an .onnx file", path=path
        ) from error
