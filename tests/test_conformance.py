"""What every application keeps: one routine over all that are registered.

signature  inputs positional, options keyword-only with defaults, all typed and all explained
card       the seven headings, in their order
weights    their SHA-256 and what their metadata tell
running    tiny pictures and films, everything switched on, twice the same; bad values are refused
"""

import dataclasses
import hashlib
import inspect
import math
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from refusals import refused

import neuropil
from neuropil import registry
from neuropil.apps.drive import simulator
from neuropil.contract import App
from neuropil.kit.between import Between
from neuropil.kit.drawing import Drawing
from neuropil.kit.errors import UserError
from neuropil.kit.film import Film
from neuropil.kit.image import Image
from neuropil.kit.weights import VARIABLE, Network, Weights, match

HEADINGS = [
    "What it does",
    "Inputs and outputs",
    "Data and licence",
    "Recipe",
    "Results",
    "Limits and misuse",
    "References",
]
TOLD = {"neuropil", "recipe", "commit", "scores", "data", "licence"}  # by every weight file
MOST_WEIGHTS = 40_000_000  # bytes of all shipped weights together
STEPS = 12  # of a drive, where there are drives
SIZES = [(1, 1), (3, 5), (5, 3), (33, 47)]
SIMPLE = {bool, int, float, str, Path}

APPS = [pytest.param(registry.find_app(name), id=name) for name in registry.NAMES]
each_application = pytest.mark.parametrize("app", APPS)
AppType = type[App]


@pytest.fixture(autouse=True)
def _packaged_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture(autouse=True)
def _short_drives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulator, "STEPS", STEPS)


def parameters(app: AppType) -> list[inspect.Parameter]:
    """List the parameters of `__call__`, without self, their types resolved."""
    hints = get_type_hints(app.__call__, include_extras=True)
    every = list(inspect.signature(app.__call__).parameters.values())[1:]
    return [p.replace(annotation=hints[p.name]) for p in every]


def inputs(app: AppType) -> list[inspect.Parameter]:
    return [p for p in parameters(app) if p.default is p.empty]


def options(app: AppType) -> list[inspect.Parameter]:
    return [p for p in parameters(app) if p.default is not p.empty]


def plain(annotation: Any) -> Any:
    """Take a type out of its Annotated."""
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def choices(annotation: Any) -> tuple[Any, ...]:
    """Take a union apart."""
    union = isinstance(annotation, types.UnionType) or get_origin(annotation) is typing.Union
    return get_args(annotation) if union else (annotation,)


def between(option: inspect.Parameter) -> Between | None:
    """Find the range of an option."""
    ranges = [extra for extra in get_args(option.annotation)[1:] if isinstance(extra, Between)]
    return ranges[0] if get_origin(option.annotation) is Annotated and ranges else None


def value_class(option: inspect.Parameter) -> Any:
    """Find the V of an option of type `tuple[V, ...]`; None for any other."""
    kind = plain(option.annotation)
    return get_args(kind)[0] if get_origin(kind) is tuple else None


# --- signature ---------------------------------------------------------------------------------


@each_application
def test_class_is_final_and_named_after_its_command(app: AppType) -> None:
    assert app.__bases__ == (App,)
    assert getattr(app, "__final__", False), "decorate it with typing.final"
    assert app.__name__ == app.name.capitalize()
    assert app.name in registry.NAMES
    assert app.summary
    assert app.__doc__


@each_application
def test_inputs_are_positional_and_options_are_not(app: AppType) -> None:
    assert parameters(app), "an application takes something"
    assert all(p.kind is p.POSITIONAL_OR_KEYWORD for p in inputs(app))
    assert all(p.kind is p.KEYWORD_ONLY for p in options(app))


@each_application
def test_options_have_types_that_every_surface_can_read(app: AppType) -> None:
    for option in options(app):
        kind, value = plain(option.annotation), value_class(option)
        if value is not None:
            assert dataclasses.is_dataclass(value), option
            assert isinstance(getattr(value, "SYNTAX", None), str), option
            assert option.default == (), option
        elif type(None) in choices(kind):
            assert option.default is None, option
            (wanted,) = (k for k in choices(kind) if k is not type(None))
            assert wanted in {*SIMPLE, Image, Film} or isinstance(wanted.SYNTAX, str), option
        elif get_origin(kind) is Literal:
            assert option.default in get_args(kind), option
        else:
            assert kind in SIMPLE, option
            assert isinstance(option.default, kind), option


@each_application
def test_defaults_lie_in_their_ranges(app: AppType) -> None:
    for option in options(app):
        if limits := between(option):
            limits.check(option.name, option.default)


@each_application
def test_results_are_media_or_frozen_values(app: AppType) -> None:
    result = get_type_hints(app.__call__)["return"]
    for kind in choices(result):
        frozen = dataclasses.is_dataclass(kind) and vars(kind)["__dataclass_params__"].frozen
        assert frozen or kind is Film, kind


@each_application
def test_docstring_explains_every_parameter(app: AppType) -> None:
    text = inspect.getdoc(app.__call__) or ""
    assert text.partition("\n")[0].endswith(".")
    explained = {line.partition(":")[0] for line in text.splitlines() if ": " in line}
    assert {p.name for p in parameters(app)} <= explained


# --- card and weights --------------------------------------------------------------------------


@each_application
def test_card_has_its_headings(app: AppType) -> None:
    lines = registry.card(app.name).splitlines()
    assert [line.removeprefix("## ") for line in lines if line.startswith("## ")] == HEADINGS
    assert sum(line.startswith("# ") for line in lines) == 1


FILES = [
    pytest.param(name, weights, id=f"{name} {role}")
    for name in registry.NAMES
    for role, weights in registry.find_app(name).networks.items()
]
each_network = pytest.mark.parametrize(("name", "weights"), FILES)


@each_network
def test_weights_are_the_ones_that_the_source_names(name: str, weights: Weights) -> None:
    assert hashlib.sha256(weights.path.read_bytes()).hexdigest() == weights.sha256


@each_network
def test_weights_tell_where_they_come_from(name: str, weights: Weights) -> None:
    told = weights.open().metadata
    assert told.keys() >= TOLD
    assert all(told[key] for key in TOLD)
    assert told["neuropil"] == name
    assert told["licence"] == weights.licence


@each_network
def test_other_weights_are_taken_if_they_fit(name: str, weights: Weights, tmp_path: Path) -> None:
    copy, other = tmp_path / "copy.onnx", tmp_path / "other.onnx"
    copy.write_bytes(weights.path.read_bytes())
    other.write_bytes(b"no network")
    files = registry.find_app(name).networks
    role = next(role for role, known in files.items() if known is weights)
    app = registry.load_app(name, [copy])
    assert app.network(match(Network(copy), files)).path == copy
    assert match(Network(copy), files) in (role, *same_form(weights, files))
    for wrong in (other, tmp_path / "missing.onnx", tmp_path):
        with pytest.raises(UserError):
            registry.load_app(name, [wrong])


def same_form(weights: Weights, files: Mapping[str, Weights]) -> list[str]:
    """Name the networks that nothing tells from this one: the judge reads what the reader reads."""
    ours = weights.open()
    opened = {role: other.open() for role, other in files.items()}
    return [
        role
        for role, other in opened.items()
        if (other.inputs, other.outputs) == (ours.inputs, ours.outputs)
    ]


def test_all_weights_together_are_small() -> None:
    every = [w for n in registry.NAMES for w in registry.find_app(n).networks.values()]
    assert sum(weights.path.stat().st_size for weights in every) < MOST_WEIGHTS


# --- running -----------------------------------------------------------------------------------


def picture(height: int, width: int, kind: type = np.uint8) -> Image:
    """Make a grey ramp with a little noise."""
    ramp = np.add.outer(np.linspace(0, 0.5, height), np.linspace(0, 0.4, width))
    noise = np.random.default_rng(0).uniform(0, 0.1, (height, width))
    grey: NDArray[Any] = ((ramp + noise) * np.iinfo(kind).max).astype(kind)
    return Image(np.repeat(grey[..., None], 3, axis=2))


def film(height: int, width: int, folder: Path) -> Film:
    """Write four frames losslessly and open them."""
    path = folder / f"{width}x{height}.mkv"
    with av.open(path, "w") as container:
        stream = container.add_stream("ffv1", rate=Fraction(10))
        stream.width, stream.height, stream.pix_fmt = width, height, "bgr0"
        for i in range(4):
            frame = av.VideoFrame.from_ndarray(np.roll(picture(height, width).pixels, i, axis=1))
            container.mux(stream.encode(frame.reformat(format="bgr0")))
        container.mux(stream.encode())
    return Film.open(path)


def examples(app: AppType, height: int, width: int, folder: Path) -> Iterator[list[Any]]:
    """Make inputs of a size, once for every kind of media that the first input takes."""
    makers: dict[Any, Callable[[], Image | Film | str]] = {
        str: lambda: ("Dear Ada, " * height)[: height + width],
        Image: lambda: picture(height, width),
        Film: lambda: film(height, width, folder),
    }
    kinds = [choices(plain(p.annotation)) for p in inputs(app)]
    if not kinds:
        yield []
        return
    for first in kinds[0]:
        yield [makers[kind]() for kind in (first, *(others[0] for others in kinds[1:]))]


def takes_pictures(app: AppType) -> None:
    """Skip the test of an application that takes no picture."""
    if Image not in [kind for p in inputs(app) for kind in choices(plain(p.annotation))]:
        pytest.skip("takes no picture")


def sample(app: AppType, height: int, width: int) -> list[Any]:
    """Make an input of the first kind of media that an application takes, if it takes any."""
    kinds = [choices(plain(p.annotation))[0] for p in inputs(app)]
    return [picture(height, width) if kind is Image else "Dear Ada," for kind in kinds]


def switched_on(app: AppType) -> dict[str, Any]:
    """Choose for every option a value that is not its default."""
    chosen: dict[str, Any] = {}
    for option in options(app):
        kind, limits = plain(option.annotation), between(option)
        if option.name == "watch":
            continue  # wants a screen
        if kind is bool:
            chosen[option.name] = not option.default
        elif limits and kind is int:
            chosen[option.name] = int(min(limits.high, max(limits.low, option.default + 2)))
        elif limits:
            chosen[option.name] = (limits.low + limits.high) / 3
        elif get_origin(kind) is Literal:
            chosen[option.name] = get_args(kind)[-1]
        elif kind is int:
            chosen[option.name] = option.default + 1
    return chosen


def numbers(result: Any) -> Iterator[NDArray[Any]]:
    """List every number of a result as an array."""
    if isinstance(result, Image):
        yield from (plane for plane in (result.pixels, result.alpha) if plane is not None)
    elif isinstance(result, Drawing):
        yield from (stroke.points for page in result.pages for stroke in page)
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
    run = Network.run

    def watched(self: Network, **feeds: NDArray[Any]) -> dict[str, NDArray[Any]]:
        made: dict[str, NDArray[Any]] = run(self, **feeds)
        assert all(np.isfinite(values).all() for values in [*feeds.values(), *made.values()])
        return made

    monkeypatch.setattr(Network, "run", watched)


@pytest.mark.usefixtures("networks_are_finite")
@pytest.mark.parametrize(("height", "width"), SIZES)
@each_application
def test_tiny_inputs(app: AppType, height: int, width: int, tmp_path: Path) -> None:
    run = app()
    for given in examples(app, height, width, tmp_path):
        result = run(*given)
        made = list(numbers(result))
        assert made
        assert all(np.isfinite(values).all() for values in made)
        if given and type(result) is type(given[0]):
            assert [a.shape for a in made] == [a.shape for a in numbers(given[0])]


@pytest.mark.usefixtures("networks_are_finite")
@pytest.mark.parametrize("shade", [0, 255])
@each_application
def test_flat_inputs(app: AppType, shade: int) -> None:
    takes_pictures(app)
    flat = Image(np.full((9, 7, 3), shade, np.uint8))
    assert all(np.isfinite(values).all() for values in numbers(app()(flat)))


@each_application
def test_depth_is_kept(app: AppType) -> None:
    takes_pictures(app)
    result = app()(picture(9, 7, np.uint16))
    assert not isinstance(result, Image) or result.pixels.dtype == np.uint16


@pytest.mark.usefixtures("networks_are_finite")
@pytest.mark.parametrize("everything", [False, True], ids=["default", "everything"])
@each_application
def test_same_input_gives_same_output(app: AppType, everything: bool) -> None:
    chosen = switched_on(app) if everything else {}
    given = sample(app, 33, 47)
    one, two = (list(numbers(app()(*given, **chosen))) for _ in range(2))
    assert len(one) == len(two)
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert all(np.isfinite(values).all() for values in one)


@each_application
def test_input_is_left_as_it_was(app: AppType) -> None:
    takes_pictures(app)
    given = picture(33, 47)
    before = given.pixels.copy()
    app()(given, **switched_on(app))
    assert np.array_equal(given.pixels, before)


@each_application
def test_values_out_of_range_are_refused(app: AppType) -> None:
    ranged = [(option, limits) for option in options(app) if (limits := between(option))]
    for option, limits in ranged:
        is_whole = int in choices(plain(option.annotation))  # nan is no whole number at all
        no_number = "option.syntax" if is_whole else "option.range"
        cases = [(limits.low - 1, "option.range"), (limits.high + 1, "option.range")]
        for wrong, code in [*cases, (math.nan, no_number)]:
            with refused(code, option.name):
                app()(*sample(app, 3, 5), **{option.name: wrong})


@each_application
def test_values_that_say_nothing_are_refused(app: AppType) -> None:
    for value in filter(None, map(value_class, options(app))):
        for text in ("", "nonsense", ",,,", value.SYNTAX + ",", "1e999,1,1"):
            with pytest.raises(UserError) as caught:
                value.parse(text)
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
    folders = {f.parent.name for f in Path(neuropil.__file__).parent.glob("apps/*/infer.py")}
    assert folders == set(registry.NAMES)
