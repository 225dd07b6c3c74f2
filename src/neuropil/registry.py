"""The list of applications, and the one contract that all of them keep.

    load("colorize")(Image.open("old.jpg"))

An application is a folder in `neuropil/apps` and its name in NAMES. Everything about it is found
by that name and imported once it is asked for.
"""

import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

from neuropil.kit.errors import UserError, suggest
from neuropil.kit.probe import Probe
from neuropil.kit.weights import Network, Weights

if TYPE_CHECKING:
    from neuropil.training.recipe import Recipe

NAMES = ("colorize", "handwrite", "classify", "drive", "neuron")


class App(ABC):
    """What a person can do with a network: one class, called with media and options.

    Required inputs are positional, options keyword-only with defaults, and all have types: the
    command line, the page and the tests read them.
    """

    name: ClassVar[str]  # the class's own, in small letters
    title: ClassVar[str]
    weights: ClassVar[Weights | None]
    verbs: ClassVar[tuple[str, ...]] = ()  # methods that do something else: `--teach FOLDER`

    def __init_subclass__(cls) -> None:
        cls.name = cls.__name__.lower()

    def __init__(self, *, weights: Path | None = None, threads: int | None = None) -> None:
        self._path = weights
        self._threads = threads

    @cached_property
    def network(self) -> Network:
        """Open the network when it is first needed."""
        assert self.weights is not None, f"{self.name} has no network"
        return self.weights.open(self._path, threads=self._threads)

    @abstractmethod
    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """Do the work of the application."""

    def sheet(self, seen: Sequence[tuple[str, Any, Any]]) -> Any:
        """Draw one picture of many inputs, each with its name and what was said of it."""
        raise UserError(
            "option.conflict",
            f"{self.name} has no contact sheet: leave out --output",
            name="output",
        )

    def probe(self, *inputs: Any, **options: Any) -> Probe:
        """Find the neuron behind a place of a result; an application says which places it has."""
        raise UserError("name.unsupported", f"{self.name} has no neuron to open", name=self.name)


def application(name: str) -> type[App]:
    """Find the class of an application."""
    module = _module(name, "infer")
    classes = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, App)
        and value.__module__ == module.__name__
    ]
    assert len(classes) == 1, f"{module.__name__} defines {len(classes)} applications"
    return classes[0]


def load(name: str, *, weights: Path | None = None, threads: int | None = None) -> App:
    """Make an application ready to be called."""
    return application(name)(weights=weights, threads=threads)


def summary(name: str) -> str:
    """Say in a line what an application does, without loading it."""
    return (_package(name).__doc__ or "").partition("\n")[0]


def card(name: str) -> str:
    """Read the model card of an application."""
    (folder,) = _package(name).__path__
    return (Path(folder) / "card.md").read_text(encoding="utf-8")


def benchmark(name: str) -> ModuleType:
    """Find the module that measures an application; raises UserError where there is none."""
    try:
        return _module(name, "bench")
    except ModuleNotFoundError as error:
        if error.name != f"neuropil.apps.{name}.bench":
            raise
        raise UserError("name.unsupported", f"{name} has nothing to measure", name=name) from error


def demonstration(name: str) -> ModuleType:
    """Find the module that shows an application on samples of its own."""
    return _module(name, "demo")


def recipes(name: str) -> "dict[str, Callable[[], Recipe]]":
    """Find the recipes of an application; the first is the one that made the shipped weights."""
    try:
        module = _module(name, "train")
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("neuropil."):
            raise UserError(
                "name.unsupported", f"{name} has nothing to train", name=name
            ) from error
        raise UserError(
            "dependency.missing",
            f"{error.name} is missing; to train, install the extra [train]:"
            ' pip install "neuropil[train]", in a clone pip install ".[train]"',
            name=error.name,
        ) from error
    return {key: value for key, value in vars(module).items() if _is_recipe(value, module)}


def _package(name: str) -> ModuleType:
    if name not in NAMES:
        raise UserError(
            "name.unknown",
            f"no application is called {name}{suggest(name, NAMES)}; there are: {', '.join(NAMES)}",
            value=name,
            possible=NAMES,
        )
    return importlib.import_module(f"neuropil.apps.{name}")


def _module(name: str, file: str) -> ModuleType:
    return importlib.import_module(f"{_package(name).__name__}.{file}")


def _is_recipe(value: Any, module: ModuleType) -> bool:
    """Tell a public function of the module that says it returns a Recipe."""
    if not callable(value) or getattr(value, "__module__", "") != module.__name__:
        return False
    made = getattr(value, "__annotations__", {}).get("return")
    return getattr(made, "__name__", made) == "Recipe" and not value.__name__.startswith("_")
