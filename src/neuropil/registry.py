"""The list of applications: found by name, everything about one imported once it is asked for.

    find_verb("classify-teach")         what the command takes and gives
    load_app("colorize")(Image.open("old.jpg"))

An application is a folder in `neuropil/apps` and its name in NAMES. What its commands do is said in
the docstring of its package, a line for each, so that they can be listed without being loaded.
"""

import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from neuropil.contract import App, Verb
from neuropil.kit.errors import UserError, say_install, suggest
from neuropil.signature import Signature

if TYPE_CHECKING:
    from neuropil.kit.networks.network import NetworkFile
    from neuropil.training.recipe import Recipe
    from neuropil.training.stages import Stage

NAMES: tuple[str, ...] = (
    "colorize",
    "handwrite",
    "classify",
    "drive",
    "translate",
    "lipsync",
    "foley",
    "neuron",
)
MADE_PARTS = ("eye",)  # what is no application and has stages that make it


def commands() -> dict[str, str]:
    """Give every command of every application, and a line about each, none of them loaded."""
    found: dict[str, str] = {}
    for name in NAMES:
        lines = (_package(name).__doc__ or "").splitlines()
        found[name] = lines[0] if lines else ""
        for line in lines[1:]:
            if match := re.match(r"([\w-]+): (.+)", line):
                found[f"{name}-{match[1]}"] = match[2]
    return found


def summary(name: str) -> str:
    """Say in a line what an application does, without loading it."""
    return (_package(name).__doc__ or "").partition("\n")[0]


def find_verb(command: str) -> Verb:
    """Find the verb behind a command; raises UserError where there is none."""
    name = command if command in NAMES else command.partition("-")[0]
    if name in NAMES:
        verbs = find_app(name).verbs()
        if command in verbs:
            return verbs[command]
    known = list(commands())
    raise UserError(
        "name.unknown",
        f"there is no command {command}{suggest(command, known)}; there are: {', '.join(known)}",
        name=command,
        possible=known,
    )


def find_app(name: str) -> type[App]:
    """Find the class of an application."""
    module = _module(name, "app")
    classes = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, App)
        and value.__module__ == module.__name__
    ]
    assert len(classes) == 1, f"{module.__name__} defines {len(classes)} applications"
    return classes[0]


def load_app(
    name: str, networks: str | Path | Sequence[str | Path] = (), threads: int | None = None
) -> App:
    """Make an application ready to be called.

    networks: ONNX files, or one, to take instead of those of the package
    threads: cores for its networks, all by default
    """
    return find_app(name)(networks=networks, threads=threads)


def networks_of(name: str) -> "Mapping[str, NetworkFile]":
    """Find the networks of an application, by role, or that of a part; other parts have none."""
    if name in MADE_PARTS:
        return {name: importlib.import_module(f"neuropil.{name}.network").NETWORK}
    return find_app(name).networks if name in NAMES else {}


def is_own(name: str, weights: "NetworkFile") -> bool:
    """Tell a network that was made for an application from one of a part, which it may share."""
    (folder,) = _package(name, NAMES + MADE_PARTS).__path__
    return weights.path.is_relative_to(folder)


def open_example(name: str) -> str:
    """Give a line that opens a neuron of an application."""
    return find_app(name).open_example


def describe_probes() -> list[dict[str, Any]]:
    """Describe for each application whose neurons can be opened the command that does it."""
    found = []
    for name in NAMES:
        app = find_app(name)
        if app.networks and "probe" in vars(app):
            signature = Signature.of(app.probe, has_outputs=False)
            about = {"command": f"open {name}", "app": name, "example": open_example(name)}
            found.append({**about, "local": False, **signature.schema()})
    return found


def model_card(name: str) -> str:
    """Read the model card of an application, or of a part with a network."""
    (folder,) = _package(name, NAMES + MADE_PARTS).__path__
    path = Path(folder, "card.md")
    if not path.is_file():
        raise UserError("name.unsupported", f"{name} has no card", name=name)
    return path.read_text(encoding="utf-8")


def benchmark(name: str) -> ModuleType:
    """Find the module that measures an application; raises UserError where there is none."""
    try:
        return _module(name, "lab.bench")
    except ModuleNotFoundError as error:
        if error.name not in (f"neuropil.apps.{name}.lab", f"neuropil.apps.{name}.lab.bench"):
            raise
        raise UserError("name.unsupported", f"{name} has nothing to measure", name=name) from error


def demo_module(name: str) -> ModuleType | None:
    """Find the module that shows an application on samples of its own, if it has one."""
    return _module_if_any(name, "demo")


def live_module(name: str) -> ModuleType | None:
    """Find the module of what goes on step by step while a page looks on, if it has one."""
    return _module_if_any(name, "live")


def recipes(name: str) -> "dict[str, Callable[[], Recipe]]":
    """Find the recipes of an application; the first is the one that made the shipped weights."""
    if name in MADE_PARTS:
        return {}
    package = _package(name, NAMES)
    try:
        importlib.import_module("neuropil.training.fit")  # with all that the extra [train] brings
        module = importlib.import_module(f"{package.__name__}.lab.train")
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("neuropil."):
            raise UserError(
                "name.unsupported", f"{name} has nothing to train", name=name
            ) from error
        raise missing_library(error) from error
    return {key: value for key, value in vars(module).items() if _is_recipe(value, module)}


def stages(name: str) -> "dict[str, Stage]":
    """Find the stages of an application, which come before its training or after it, in order.

    Also those that make a part of the package which is no application.
    """
    package = _package(name, NAMES + MADE_PARTS).__name__
    try:
        module = importlib.import_module(f"{package}.lab.stages")
    except ModuleNotFoundError as error:
        if error.name not in (f"{package}.lab", f"{package}.lab.stages"):
            raise
        return {}
    return {stage.name: stage for stage in module.STAGES}


def find_stage(name: str, stage: str) -> "Stage":
    """Find a stage by its name; raises UserError where there is none."""
    known = stages(name)
    if stage not in known:
        possible = f"it has {', '.join(known)}" if known else "it has none"
        raise UserError(
            "name.unknown",
            f"{name} has no stage {stage!r}{suggest(stage, known)}; {possible}",
            value=stage,
            possible=tuple(known),
        )
    return known[stage]


def missing_library(error: ModuleNotFoundError) -> UserError:
    """Say what to install for training and its stages."""
    return UserError(
        "dependency.missing",
        f"{error.name} is missing; to train, install the extra [train]: {say_install('train')}",
        name=error.name,
    )


def _package(name: str, possible: tuple[str, ...] | None = None) -> ModuleType:
    """Import the package of an application, or of one of several that are possible."""
    possible = NAMES if possible is None else possible
    if name not in possible:
        raise UserError(
            "name.unknown",
            f"no application is called {name}{suggest(name, possible)};"
            f" there are: {', '.join(possible)}",
            name=name,
            possible=possible,
        )
    return importlib.import_module(f"neuropil{'' if name in MADE_PARTS else '.apps'}.{name}")


def _module_if_any(name: str, file: str) -> ModuleType | None:
    try:
        return _module(name, file)
    except ModuleNotFoundError as error:
        if error.name != f"neuropil.apps.{name}.{file}":
            raise
        return None


def _module(name: str, file: str) -> ModuleType:
    return importlib.import_module(f"{_package(name).__name__}.{file}")


def _is_recipe(value: object, module: ModuleType) -> bool:
    """Tell a public function of the module that says it returns a Recipe."""
    if not callable(value) or getattr(value, "__module__", "") != module.__name__:
        return False
    made = getattr(value, "__annotations__", {}).get("return")
    return getattr(made, "__name__", made) == "Recipe" and not getattr(
        value, "__name__", "_"
    ).startswith("_")
