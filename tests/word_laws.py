"""The laws of names, docstrings and comments: source in, faults out, as in laws.py."""

import ast
import builtins
import contextlib
import io
import re
import tokenize
from collections.abc import Iterable, Iterator

from laws import Module, functions

MOST_PARTICIPLES = 0.02  # share of functions that are named by one: `written` for `write`
IRREGULAR = set(
    "begun bent bound broken brought built chosen done drawn driven fallen felt found given gone "
    "grown held hidden kept known laid left lent lost made meant met proven said seen sent shown "
    "spoken stood taken taught told thrown understood worn written".split()
)
FORMULAS = {"f"}  # functions of formulas, a = f(z)
PARTICLES = {"away", "in", "off", "on", "out", "together", "up"}

OVERRIDDEN = {"get_command"}  # methods of libraries that ours take the place of
FORBIDDEN_FILES = {
    "utils",
    "util",
    "common",
    "helpers",
    "helper",
    "misc",
    "base",
    "manager",
    "factory",
}
FORBIDDEN_VERBS = re.compile(r"_*(get|do|handle|process)_")
BRITISH = re.compile(
    "colour|neighbour|behaviour|normalis|optimis|initialis(?!m)|quantis|centre", re.IGNORECASE
)


def name_faults(module: Module) -> Iterator[str]:
    """Find files that are named after nothing, functions that only say `do`, British spelling."""
    for word in re.split(r"[/_.]", module.path):
        if word in FORBIDDEN_FILES:
            yield module.fault(module.tree, f"a file named {word} says nothing of what is inside")
    for name, node in functions(module.tree):
        if FORBIDDEN_VERBS.match(node.name) and node.name not in OVERRIDDEN:
            yield module.fault(node, f"{name}: a better verb?")
    for number, line in enumerate(module.source.splitlines(), 1):
        for word in BRITISH.findall(line):
            yield f"{module.path}:{number}: {word}: American spelling, please"


def shared_class_names(package: Iterable[Module]) -> Iterator[str]:
    """Find public classes that another public class is called like."""
    places: dict[str, list[str]] = {}
    for module in package:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(module.path)
    for name, paths in places.items():
        if len(paths) > 1:
            yield f"{name} is a class of {' and of '.join(paths)}"


def participle_faults(package: Iterable[Module]) -> Iterator[str]:
    """Hold the share of functions that say what was done in place of what to do."""
    every = [node for module in package for _, node in functions(module.tree)]
    found = [node.name for node in every if is_participle(node.name)]
    if len(found) > MOST_PARTICIPLES * len(every):
        yield f"{len(found)} of {len(every)} functions are participles: {', '.join(found)}"


def is_participle(name: str) -> bool:
    """Tell a name that is a participle alone, or one with a particle: `_opened`, `taken_up`."""
    first, *rest = name.strip("_").split("_")
    regular = re.fullmatch(r"\w{3,}ed|\w{3,}ing", first) and first not in ("embed", "exceed")
    return bool(regular or first in IRREGULAR) and {*rest} <= PARTICLES


def docstring_faults(module: Module) -> Iterator[str]:
    """Find modules that don't say what they hold."""
    if not ast.get_docstring(module.tree):
        yield module.fault(module.tree, "no docstring")


def example_faults(module: Module) -> Iterator[str]:
    """Find examples of a module's docstring that aren't indented: pages join such lines."""
    for line in (ast.get_docstring(module.tree) or "").splitlines():
        if not line.startswith(" ") and next(parse_examples(line), None):
            yield module.fault(module.tree, f"indent by four blanks: {line}")


def unknown_names(package: Iterable[Module]) -> Iterator[str]:
    """Find names in the examples of docstrings that nothing in the package has."""
    modules = list(package)
    known = {*dir(builtins), *(name for module in modules for name in list_names(module.tree))}
    for module in modules:
        for example in parse_examples(ast.get_docstring(module.tree) or ""):
            known |= {*list_names(example)}
            calls = {node.func for node in ast.walk(example) if isinstance(node, ast.Call)}
            for node in ast.walk(example):
                is_said = node in calls or (isinstance(node, ast.Name) and node.id[0].isupper())
                if is_said and isinstance(node, ast.Name) and node.id not in known | FORMULAS:
                    yield module.fault(module.tree, f"its docstring says {node.id}, which is none")


def parse_examples(docstring: str) -> Iterator[ast.Module]:
    """Parse what is Python of a docstring's lines: imports, blocks, definitions and calls."""
    codes = (ast.Import, ast.ImportFrom, ast.With, ast.For, ast.ClassDef, ast.FunctionDef, ast.Call)
    for text in re.split(r"\n| {2,}", docstring):  # a line may have columns
        code = text.strip()
        if re.search(r"\w \(", code):  # prose: "characters (one-hot)"
            continue
        with contextlib.suppress(SyntaxError):
            tree = ast.parse(f"{code} ..." if code.endswith(":") else code)
            if any(isinstance(node, codes) for node in ast.walk(tree)):
                yield tree


def list_names(tree: ast.AST) -> Iterator[str]:
    """List the names that a source defines or imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def comment_share(package: Iterable[Module]) -> float:
    """Measure how many of the lines that aren't blank have a comment, in or beside them."""
    commented = lines = 0
    for module in package:
        tokens = tokenize.generate_tokens(io.StringIO(module.source).readline)
        commented += len({t.start[0] for t in tokens if t.type == tokenize.COMMENT})
        lines += sum(1 for line in module.source.splitlines() if line.strip())
    return commented / lines
