"""What every application keeps: one routine over all that are registered.

signature  inputs positional, options keyword-only with defaults, all typed and all explained
card       the seven headings, in their order
weights    their SHA-256 and what their metadata tell
running    tiny pictures and films, everything switched on, twice the same; bad values are refused
"""

import dataclasses
import hashlib
import inspect
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pytest
from numpy.typing import NDArray
from refusals import refused
from verb_jobs import READING, TALKING, all_cases, grey_ramp, make_job, shorten

import neuropil
from neuropil import registry
from neuropil.contract import App, Verb
from neuropil.job import Settings
from neuropil.jobs import open_input
from neuropil.kit.drawing.drawing import Drawing
from neuropil.kit.errors import UserError
from neuropil.kit.media.document import Document
from neuropil.kit.media.film import Film
from neuropil.kit.media.image import Image
from neuropil.kit.networks.network import VARIABLE, NetworkFile, OnnxNetwork, match
from neuropil.signature import Option, alternatives

HEADINGS = [
    "What it does",
    "Inputs and outputs",
    "Data and licence",
    "Recipe",
    "Results",
    "Limits and misuse",
    "References",
]
TOLD = {
    "neuropil",
    "recipe",
    "command",
    "commit",
    "scores",
    "data",
    "licence",
}  # by every weight file
MOST_WEIGHTS = 60_000_000  # bytes of all shipped weights together
SIZES = [(1, 1), (3, 5), (5, 3), (33, 47)]
SIMPLE = {bool, int, float, str}
NEEDS_CONTENT = {"neuron-digit", "classify-teach"}  # refuse pictures of one pixel

APPS = [pytest.param(registry.find_app(name), id=name) for name in registry.NAMES]
each_application = pytest.mark.parametrize("app", APPS)
VERBS = [pytest.param(registry.find_verb(name), id=name) for name in registry.commands()]
each_verb = pytest.mark.parametrize("verb", VERBS)
CASES = [
    pytest.param(command, kinds, id=" ".join([command, *kinds])) for command, kinds in all_cases()
]
each_case = pytest.mark.parametrize(("command", "kinds"), CASES)
UNSIZED = {"drive-predict", "handwrite-learn", *READING, *TALKING}  # their inputs are of one size
TINY = [
    pytest.param(command, kinds, size, id=" ".join([command, *kinds, f"{size[1]}x{size[0]}"]))
    for command, kinds in all_cases()
    if kinds
    for size in (SIZES[-1:] if command in UNSIZED else SIZES)
]
HINTS = {
    name: get_type_hints(inspect.unwrap(registry.find_app(name).__call__))
    for name in registry.NAMES
}
TAKING_PICTURES, MAKING_PICTURES = (
    [pytest.param(registry.find_app(name), id=name) for name in names]
    for names in (
        [name for name, its in HINTS.items() if Image in alternatives(next(iter(its.values())))],
        [name for name, its in HINTS.items() if Image in alternatives(its["return"])],
    )
)
OPTIONS = [
    (verb, option)
    for verb in map(registry.find_verb, registry.commands())
    for option in verb.signature.options
]
RANGED, TYPED = (
    [pytest.param(verb, option, id=f"{verb.command} {option.name}") for verb, option in pairs]
    for pairs in (
        [pair for pair in OPTIONS if pair[1].range],
        [pair for pair in OPTIONS if hasattr(pair[1].type, "parse")],
    )
)
AppType = type[App]


@pytest.fixture(autouse=True)
def _packaged_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten(monkeypatch)


# --- signature ---------------------------------------------------------------------------------


@each_application
def test_class_is_final_and_named_after_its_command(app: AppType) -> None:
    assert app.__bases__ == (App,)
    assert getattr(app, "__final__", False), "decorate it with typing.final"
    assert app.__name__ == app.name.capitalize()
    assert app.name in registry.NAMES
    assert app.summary
    assert app.__doc__


@each_verb
def test_inputs_are_positional_and_options_are_not(verb: Verb) -> None:
    method = inspect.signature(getattr(registry.find_app(verb.app), verb.method))
    _, *every = method.parameters.values()
    inputs = [p for p in every if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert all(p.default is p.empty for p in inputs)
    assert all(p.kind is p.KEYWORD_ONLY for p in every[len(inputs) :])


@each_verb
def test_files_are_named_by_a_path_or_a_text(verb: Verb) -> None:
    read = [kind for given in verb.signature.inputs if not given.is_text for kind in given.types]
    made = [o for of in verb.signature.outputs.values() for o in of if o.role != "value"]
    opened = [getattr(kind, "open") for kind in read]  # noqa: B009, what a media type has
    for method in (*opened, *(output.type.save for output in made)):
        name = next(p for p in inspect.signature(method).parameters.values() if p.name != "self")
        assert {Path, str} <= {*alternatives(name.annotation)}, method


@each_verb
def test_options_have_types_that_every_surface_can_read(verb: Verb) -> None:
    for option in verb.signature.options:
        kind = option.type
        if kind not in SIMPLE:
            is_typed = dataclasses.is_dataclass(kind) and hasattr(kind, "SYNTAX")
            assert is_typed or hasattr(kind, "open"), option
        if option.repeated:
            assert option.default == (), option
        elif option.default is None:
            assert option.nullable or option.required, option
        else:
            assert option.convert(option.default) == option.default


@each_verb
def test_results_are_media_or_frozen_values(verb: Verb) -> None:
    method = getattr(registry.find_app(verb.app), verb.method)
    for kind in alternatives(get_type_hints(inspect.unwrap(method))["return"]):
        assert kind.__dataclass_params__.frozen or kind is Film, kind


@each_verb
def test_docstring_explains_every_parameter(verb: Verb) -> None:
    assert verb.signature.summary.endswith(".")
    assert all(given.text for given in verb.signature.inputs)
    assert all(option.text for option in verb.signature.options)


# --- card and weights --------------------------------------------------------------------------


@each_application
def test_card_has_its_headings(app: AppType) -> None:
    lines = registry.model_card(app.name).splitlines()
    assert [line.removeprefix("## ") for line in lines if line.startswith("## ")] == HEADINGS
    assert sum(line.startswith("# ") for line in lines) == 1


FILES = [
    pytest.param(name, weights, id=f"{name} {role}")
    for name in registry.NAMES + registry.MADE_PARTS
    for role, weights in registry.networks_of(name).items()
    if registry.is_own(name, weights)
]
each_network = pytest.mark.parametrize(("name", "weights"), FILES)
each_applications_network = pytest.mark.parametrize(
    ("name", "weights"), [file for file in FILES if file.values[0] in registry.NAMES]
)


@each_network
def test_weights_are_the_ones_that_the_source_names(name: str, weights: NetworkFile) -> None:
    assert hashlib.sha256(weights.path.read_bytes()).hexdigest() == weights.sha256


@each_network
def test_weights_tell_where_they_come_from(name: str, weights: NetworkFile) -> None:
    told = weights.open().metadata
    assert told.keys() >= TOLD
    assert all(told[key] for key in TOLD)
    assert told["neuropil"] == name
    assert told["licence"] == weights.licence


@each_network
def test_weights_name_the_recipe_that_made_them(name: str, weights: NetworkFile) -> None:
    app, _, recipe = json.loads(weights.open().metadata["recipe"])["name"].partition("-")
    assert app == name
    assert recipe.replace("-", "_") in {**registry.recipes(name), **registry.stages(name)}


@each_applications_network
def test_other_weights_are_taken_if_they_fit(
    name: str, weights: NetworkFile, tmp_path: Path
) -> None:
    copy, other = tmp_path / "copy.onnx", tmp_path / "other.onnx"
    copy.write_bytes(weights.path.read_bytes())
    other.write_bytes(b"no network")
    files = registry.find_app(name).networks
    role = next(role for role, known in files.items() if known is weights)
    app = registry.load_app(name, [copy])
    assert app.network(match(OnnxNetwork(copy), files)).path == copy
    assert match(OnnxNetwork(copy), files) in (role, *same_form(weights, files))
    for wrong in (other, tmp_path / "missing.onnx", tmp_path):
        with pytest.raises(UserError):
            registry.load_app(name, [wrong])


def same_form(weights: NetworkFile, files: Mapping[str, NetworkFile]) -> list[str]:
    """Name the networks that nothing tells from this one: the judge reads what the reader reads."""
    ours = form(weights)
    return [role for role, other in files.items() if form(other) == ours]


@cache
def form(weights: NetworkFile) -> object:
    """Open a network and list what it takes and gives."""
    opened = weights.open()
    return opened.inputs, opened.outputs


def test_all_weights_together_are_small() -> None:
    every = {w.path for n in registry.NAMES for w in registry.find_app(n).networks.values()}
    assert sum(path.stat().st_size for path in every) < MOST_WEIGHTS


# --- running -----------------------------------------------------------------------------------


def opened(
    command: str, kinds: Sequence[str], folder: Path, *size: int
) -> tuple[Callable[..., Any], list[Any], dict[str, Any]]:
    """Give a verb ready to be called, inputs of a size, and every option switched on."""
    verb = registry.find_verb(command)
    job = make_job(verb, kinds, folder, *size)
    pairs = zip(verb.signature.inputs, job.inputs, strict=True)
    given = [open_input(each, source, Settings()) for each, source in pairs]
    method = getattr(registry.find_app(verb.app)(), verb.method)
    return method, given, verb.signature.parse(job.options)


def numbers(result: Any) -> Iterator[NDArray[Any]]:
    """List every number of a result as an array."""
    if isinstance(result, Image):
        yield from (plane for plane in (result.pixels, result.alpha) if plane is not None)
    elif isinstance(result, Drawing):
        yield from (stroke.points for page in result.pages for stroke in page)
    elif isinstance(result, Document):
        yield np.frombuffer(result.text.encode(), np.uint8)
    elif isinstance(result, Film):
        yield from (frame.pixels for frame in result.frames())
    elif dataclasses.is_dataclass(result):
        yield from (a for f in dataclasses.fields(result) for a in numbers(getattr(result, f.name)))
    elif isinstance(result, tuple | list):
        yield from (a for item in result for a in numbers(item))
    elif isinstance(result, int | float | np.ndarray):
        yield np.asarray(result)


@pytest.fixture
def networks_are_finite(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every network refuse to give what is no number: in pictures it would not be seen."""
    run = OnnxNetwork.run

    def watched(self: OnnxNetwork, **feeds: NDArray[Any]) -> dict[str, NDArray[Any]]:
        made: dict[str, NDArray[Any]] = run(self, **feeds)
        assert all(np.isfinite(values).all() for values in [*feeds.values(), *made.values()])
        return made

    monkeypatch.setattr(OnnxNetwork, "run", watched)


@pytest.mark.usefixtures("networks_are_finite")
@pytest.mark.parametrize(("command", "kinds", "size"), TINY)
def test_tiny_inputs(
    command: str, kinds: Sequence[str], size: tuple[int, int], tmp_path: Path
) -> None:
    if command in NEEDS_CONTENT and size == (1, 1):
        with refused("input.content"):
            run_opened(command, kinds, tmp_path, size)
    else:
        run_opened(command, kinds, tmp_path, size)


def run_opened(command: str, kinds: Sequence[str], folder: Path, size: tuple[int, int]) -> None:
    """Call a verb with an input of a size; numbers of the result are finite, pictures as large."""
    call, given, _ = opened(command, kinds, folder, *size)
    result = call(*given)
    made = list(numbers(result))
    assert made
    assert all(np.isfinite(values).all() for values in made)
    if given and type(result) is type(given[0]):
        assert [a.shape for a in made] == [a.shape for a in numbers(given[0])]


@pytest.mark.usefixtures("networks_are_finite")
@pytest.mark.parametrize("shade", [0, 255])
@pytest.mark.parametrize("app", TAKING_PICTURES)
def test_flat_inputs(app: AppType, shade: int) -> None:
    flat = Image(np.full((9, 7, 3), shade, np.uint8))
    if app.name in READING:
        with refused("input.no_text"):
            app()(flat)
    else:
        assert all(np.isfinite(values).all() for values in numbers(app()(flat)))


@pytest.mark.parametrize("app", MAKING_PICTURES)
def test_depth_is_kept(app: AppType) -> None:
    assert app()(grey_ramp(9, 7, np.uint16)).pixels.dtype == np.uint16


@pytest.mark.usefixtures("networks_are_finite")
@each_case
def test_every_option_switched_on_gives_the_same_twice(
    command: str, kinds: Sequence[str], tmp_path: Path
) -> None:
    call, given, options = opened(command, kinds, tmp_path)
    signature = registry.find_verb(command).signature
    usual = {o.name: o.default for o in signature.options if not o.local}
    assert options.keys() == usual.keys(), "every option but those that want a screen"
    assert all(options[name] != default for name, default in usual.items())
    before = [values.copy() for values in numbers(given)]
    one, two = (list(numbers(call(*given, **options))) for _ in range(2))
    assert len(one) == len(two)
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert all(np.isfinite(values).all() for values in one)
    after = numbers(given)  # an input is left as it was
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize(("verb", "option"), RANGED)
def test_values_out_of_range_are_refused(verb: Verb, option: Option) -> None:
    limits = option.range
    assert limits
    no_number = "option.syntax" if option.type is int else "option.range"
    cases = [(limits.low - 1, "option.range"), (limits.high + 1, "option.range")]
    for wrong, code in [*cases, (math.nan, no_number)]:
        with refused(code, option.name):
            verb.signature.convert([], {option.name: wrong})
        with refused(code, option.name):
            verb.signature.parse({option.name: wrong})


@pytest.mark.parametrize("text", ["", "nonsense", ",,,", "SYNTAX,", "1e999,1,1"])
@pytest.mark.parametrize(("verb", "option"), TYPED)
def test_values_that_say_nothing_are_refused(verb: Verb, option: Option, text: str) -> None:
    text = text.replace("SYNTAX", option.type.SYNTAX)
    with pytest.raises(UserError) as caught:
        verb.signature.parse({option.name: [text] if option.repeated else text})
    assert caught.value.code.split(".")[0] in ("option", "name", "input")


@each_application
def test_public_name_is_ready_to_call(app: AppType) -> None:
    assert isinstance(getattr(neuropil, app.name), app)
    assert app.name in dir(neuropil)


# --- the registry as a whole -------------------------------------------------------------------


def test_a_name_that_is_none_is_refused() -> None:
    with refused("name.unknown", "nonsense", registry.NAMES[0]):
        registry.find_app("nonsense")


def test_every_folder_of_applications_is_registered() -> None:
    folders = {f.parent.name for f in Path(neuropil.__file__).parent.glob("apps/*/app.py")}
    assert folders == {*registry.NAMES}
