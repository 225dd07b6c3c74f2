"""What an application is: one class whose methods are verbs, and a result of a verb taken apart.

    class Classify(App):
        summary = "Classify a picture, or learn your own classes."
        networks = {"classifier": NetworkFile(...)}

        @verb(example="neuropil classify old.jpg")
        def __call__(self, photo: Image, *, top: int = 3) -> Classification: ...

        @verb(example="neuropil classify-teach flowers -o mine.onnx")
        def teach(self, folder: ImageFolder) -> TaughtClassifier: ...

Each verb has one result type; no option changes it, and none says where a file goes. What a verb
takes and gives is read by `signature.py`.
"""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, TypeVar, runtime_checkable

from neuropil.kit.errors import UserError, escape_control
from neuropil.kit.networks.network import NetworkFile, OnnxNetwork, choose_files
from neuropil.kit.ranges import Range
from neuropil.signature import Json, Option, Output, Signature, is_media

if TYPE_CHECKING:
    from neuropil.core.probe import Probe

Method = TypeVar("Method", bound=Callable[..., Any])
Check = Callable[[Mapping[str, Any]], None]
THREADS = Option("threads", int, None, "how many cores to use; all by default", Range(1, 1024))


@runtime_checkable
class Media(Protocol):
    """A value that comes from a file or goes to one: a picture, a film, a drawing, a style."""

    KIND: ClassVar[str]  # "image", "film", "drawing", "document", "network", "style"
    SUFFIXES: ClassVar[tuple[str, ...]]  # of files it can be written to, the usual one first

    def save(self, path: Path | str, *, quality: int) -> None:
        """Write a file; `quality`, 1 to 100, is of pictures and films."""


class Typed(Protocol):
    """A value that people type: a hint, a style, a list of numbers."""

    SYNTAX: ClassVar[str]  # "X,Y,#RRGGBB"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what was typed; raises UserError."""


# --- applications and their verbs ----------------------------------------------------------------


@dataclass(frozen=True)
class Verb:
    """One command: an application and one of its methods; "" is `__call__`."""

    app: str
    name: str
    signature: Signature
    example: str
    local: bool = False
    check: Check | None = None

    @property
    def command(self) -> str:
        """Give the word that a person types: classify, classify-teach."""
        return "-".join(filter(None, [self.app, self.name.replace("_", "-")]))

    @property
    def method(self) -> str:
        """Name the method of the class."""
        return self.name or "__call__"

    def schema(self) -> dict[str, Json]:
        """Describe the command as JSON."""
        about = {"command": self.command, "app": self.app, "example": self.example}
        return {**about, "local": self.local, **self.signature.schema()}


def verb(
    *, example: str, local: bool = False, check: Check | None = None
) -> Callable[[Method], Method]:
    """Mark a method as a verb.

    example: a line that can be typed
    local: opens a window: not on the page, not on a cluster
    check: refuses by UserError what can be refused without opening a file: it gets texts that are
        inputs, and options, by name, each with its value
    """

    def mark(method: Method) -> Method:
        method.verb = (example, local, check)  # type: ignore[attr-defined]
        return method

    return mark


def _check_calls(method: Callable[..., Any]) -> Callable[..., Any]:
    """Hold every call to the types and ranges of its signature."""

    @wraps(method)
    def call(self: "App", *inputs: Any, **options: Any) -> Any:
        signature = Signature.of(method, has_outputs=method.__name__ != "probe")
        return method(self, *inputs, **signature.convert(inputs, options))

    return call


class App(ABC):
    """One application: its networks, its verbs, and the neuron behind a result.

    networks: the ONNX files of the package by their role, such as "reader"; {} where there is none
    """

    name: ClassVar[str]  # the class's own, in small letters
    summary: ClassVar[str]
    networks: ClassVar[Mapping[str, NetworkFile]] = {}
    open_example: ClassVar[str] = ""  # a line that opens a neuron, where there is one

    def __init_subclass__(cls) -> None:
        cls.name = cls.__name__.lower()
        for name, method in list(vars(cls).items()):
            if hasattr(method, "verb") or name == "probe":
                setattr(cls, name, _check_calls(method))

    def __init__(
        self, *, networks: str | Path | Sequence[str | Path] = (), threads: int | None = None
    ) -> None:
        files = (networks,) if isinstance(networks, str | Path) else networks
        self._threads = THREADS.convert(threads)
        self._files = choose_files(self.networks, tuple(map(Path, files)), self.name)
        self._open: dict[str, OnnxNetwork] = {}

    @classmethod
    def verbs(cls) -> dict[str, Verb]:
        """List the verbs by command, the main one first."""
        marked = {
            name: method.verb for name, method in vars(cls).items() if hasattr(method, "verb")
        }
        found = [
            Verb(cls.name, name.removeprefix("__call__"), Signature.of(getattr(cls, name)), *mark)
            for name, mark in marked.items()
        ]
        return {each.command: each for each in sorted(found, key=lambda each: each.name != "")}

    def network(self, role: str) -> OnnxNetwork:
        """Open the network of a role when it is first needed, and keep it."""
        if role not in self._open:
            foreign = self._files.get(role)
            self._open[role] = (
                OnnxNetwork(foreign, threads=self._threads)
                if foreign
                else self.networks[role].open(threads=self._threads)
            )
        return self._open[role]

    @abstractmethod
    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """Do the main work of the application."""

    def probe(self, *inputs: Any, **options: Any) -> "Probe":
        """Find the neuron behind a place of a result; an application says which places it has."""
        raise UserError("name.unsupported", f"{self.name} has no neuron to open")


# --- results -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ResultParts:
    """A result taken apart along its outputs: every field is there, also None and ().

    primary, secondary: media by the name of their output, `alternatives-1` of several
    """

    primary: Mapping[str, Media] = field(default_factory=dict)
    secondary: Mapping[str, Media] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)


def split_result(result: Any, outputs: Sequence[Output]) -> ResultParts:
    """Take a result apart along what was known of it before."""
    if is_media(type(result)):
        return ResultParts({outputs[0].name: result})
    made = {output.name: getattr(result, output.name) for output in outputs}
    roles: dict[str, dict[str, Any]] = {"primary": {}, "secondary": {}, "value": {}}
    for output in outputs:
        value = made[output.name]
        if output.role == "value":
            roles["value"][output.name] = value
        elif output.repeated:
            named = {f"{output.name}-{n}": each for n, each in enumerate(value, 1)}
            roles[output.role] |= named
        elif value is not None:
            roles[output.role][output.name] = value
    return ResultParts(roles["primary"], roles["secondary"], roles["value"])


def has_words(value: Any) -> bool:
    """Tell a value that words itself."""
    return dataclasses.is_dataclass(value) and type(value).__str__ is not object.__str__


def format_value(value: Any) -> str:
    """Word a value: `0.25`, or `120,80 33,44` for two places; texts and lists have a line each."""
    if isinstance(value, str):
        return escape_control(value)
    if has_words(value):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return ",".join(format_value(getattr(value, f.name)) for f in dataclasses.fields(value))
    if isinstance(value, list | tuple):
        texts = [format_value(item) for item in value]
        worded = all(map(has_words, value))
        is_parted = any(sign in "".join(texts) for sign in (", ", "  "))  # commas, or columns
        if all(isinstance(item, str) for item in value) or (worded and is_parted):
            return "".join(f"\n  {text}" for text in texts)
        return (", " if worded else " ").join(texts)
    if isinstance(value, Mapping):
        return " ".join(f"{key}={format_value(item)}" for key, item in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)
