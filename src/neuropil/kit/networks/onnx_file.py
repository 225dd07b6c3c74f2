"""A network as a value: the bytes of an ONNX file, which can be changed and written.

    file = OnnxFile.open(path).with_tensors({"head.bias": b}, {"classes": "..."})
    file.save(Path("mine.onnx"))

A change makes a new value and leaves the first as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from neuropil.kit.atomic import atomic_path
from neuropil.kit.bounded import read_bytes
from neuropil.kit.errors import UserError, require_ending
from neuropil.kit.formats import QUALITY

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from onnx import TensorProto

MOST_BYTES = 2_000_000_000  # of a network: protobuf, its format, ends at 2 GiB
FLOAT16_SUFFIX = ".float16"  # ends the name of a matrix that is stored in half precision


@dataclass(frozen=True)
class GraphNode:
    """A node of a graph: its operation, the names of its inputs, its one output, its settings."""

    op: str
    inputs: tuple[str, ...]
    output: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OnnxFile:
    """An ONNX file that is not written yet."""

    KIND: ClassVar = "network"
    SUFFIXES: ClassVar[tuple[str, ...]] = (".onnx",)

    content: bytes = field(repr=False)

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Read a file; raises UserError where it is too large."""
        path = Path(path)
        return cls(read_bytes(path, MOST_BYTES, "name a network of one file"))

    def save(self, path: Path | str, *, quality: int = QUALITY) -> None:
        """Write the file; `quality` is of pictures alone."""
        path = Path(path)
        require_ending(path, self.SUFFIXES)
        with atomic_path(path) as beside:
            beside.write_bytes(self.content)

    @property
    def metadata(self) -> dict[str, str]:
        """Read what the file tells of itself."""
        from onnx import load_from_string

        return {entry.key: entry.value for entry in load_from_string(self.content).metadata_props}

    def with_metadata(self, told: Mapping[str, str]) -> Self:
        """Copy it with this metadata, and none that it had."""
        from onnx import helper, load_from_string

        model = load_from_string(self.content)
        del model.metadata_props[:]
        helper.set_model_props(model, dict(told))
        return type(self)(model.SerializeToString())

    def tensor(self, name: str) -> "NDArray[Any]":
        """Read a weight by its name, in the precision that it is stored in."""
        from onnx import load_from_string, numpy_helper

        held = {
            t.name.removesuffix(FLOAT16_SUFFIX): t
            for t in load_from_string(self.content).graph.initializer
        }
        return numpy_helper.to_array(held[name])

    def with_tensors(self, tensors: "Mapping[str, NDArray[Any]]", told: Mapping[str, str]) -> Self:
        """Copy it with other weights, by name, and other metadata beside what it tells.

        A matrix that is stored in half precision stays so. An output whose size the new weights
        change is declared anew.
        """
        from onnx import helper, load_from_string, numpy_helper

        model = load_from_string(self.content)
        held = {tensor.name: tensor for tensor in model.graph.initializer}
        for name, values in tensors.items():
            half = held.get(name + FLOAT16_SUFFIX)
            target = half if half is not None else held[name]
            kind = numpy_helper.to_array(target).dtype
            target.CopyFrom(numpy_helper.from_array(values.astype(kind), target.name))
            for node in model.graph.node:
                if name in node.input:
                    for output in model.graph.output:
                        if output.name in node.output:
                            output.type.tensor_type.shape.dim[1].dim_value = len(values)
        del model.graph.value_info[:]
        metadata = {entry.key: entry.value for entry in model.metadata_props} | dict(told)
        helper.set_model_props(model, metadata)
        return type(self)(model.SerializeToString())

    def with_outputs(
        self,
        nodes: Sequence[GraphNode],
        tensors: "Mapping[str, NDArray[Any]]",
        outputs: Mapping[str, int],
    ) -> Self:
        """Copy it with other outputs than it has, calculated by nodes that are added.

        tensors: weights of theirs, by name
        outputs: name of each, in order, and its size n: all are float32 (B, n). What they don't
            need of the former calculation is removed.
        """
        from onnx import TensorProto, helper, load_from_string, numpy_helper

        model = load_from_string(self.content)
        graph = model.graph
        made = {each.output for each in nodes}
        for node in [node for node in graph.node if made & {*node.output}]:
            graph.node.remove(node)
        for tensor in [tensor for tensor in graph.initializer if tensor.name in tensors]:
            graph.initializer.remove(tensor)
        graph.node.extend(
            helper.make_node(each.op, each.inputs, [each.output], each.output, **each.settings)
            for each in nodes
        )
        graph.initializer.extend(
            numpy_helper.from_array(values, name) for name, values in tensors.items()
        )
        del graph.output[:], graph.value_info[:]
        graph.output.extend(
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["B", n])
            for name, n in outputs.items()
        )
        _remove_unused(graph)
        return type(self)(model.SerializeToString())


def _remove_unused(graph: Any) -> None:
    """Remove nodes and weights that no output needs."""
    while True:
        needed = {name for node in graph.node for name in node.input}
        needed |= {output.name for output in graph.output}
        idle = [node for node in graph.node if not needed & {*node.output}]
        idle += [tensor for tensor in graph.initializer if tensor.name not in needed]
        for each in idle:
            (graph.node if hasattr(each, "op_type") else graph.initializer).remove(each)
        if not idle:
            return


def check_whole(path: Path, content: bytes) -> None:
    """Raise UserError where weights of a network, the file at `path`, lie in other files."""
    from onnx import TensorProto, load_from_string

    for tensor in _tensors(load_from_string(content)):
        if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
            raise UserError(
                "network.damaged",
                f"{path} keeps its weights in other files ({tensor.name}); a network is one file"
                " here: save it whole, as by onnx.save(model, name)",
                path=path,
            )


def _tensors(message: Any) -> "Iterator[TensorProto]":
    """Find every tensor: weights, settings of operations, graphs inside of graphs, functions."""
    from onnx import TensorProto

    if isinstance(message, TensorProto):
        yield message
        return
    for part, value in message.ListFields():
        if part.message_type:
            for inner in (value,) if hasattr(value, "ListFields") else value:
                yield from _tensors(inner)
