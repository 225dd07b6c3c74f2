"""Stages: what they are given, what they refuse, and that those of the package make what ships."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from refusals import refused

from neuropil import registry
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.kit.ranges import Range
from neuropil.signature import Option
from neuropil.training.recipe import ExportSpec
from neuropil.training.stages import DATA, OnnxPath, Stage, claim_file

TRAINED = tuple(name for name in registry.NAMES if registry.find_app(name).networks)
APPS = Path(registry.__file__).with_name("apps")
EXPORTED = {"recipe", "scores", "commit", "command", "date"}  # what the export tells besides
JOINS = {"colorize-seeing": ("colorize-base", "colorize-decoder")}  # networks in another

MEASURE = Stage(
    "measure",
    "After training: measure.",
    lambda output, **given: output,
    needs=(
        DATA,
        Option("network", OnnxPath(), None, "what is measured", required=True),
        Option("cores", int, 2, "cores", Range(1, 64)),
        Option("share", float, 0.5, "a share", Range(0, 1)),
    ),
)
CHOOSE = Stage(
    "choose",
    "After training: choose.",
    lambda output, **given: output,
    needs=(Option("networks", OnnxPath(), [], "what to choose among", repeated=True),),
)


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "net.onnx").write_bytes(b"a network, as far as a stage's options know")
    return str(tmp_path / "net.onnx")


# --- what a stage is given ----------------------------------------------------------------------


def test_what_is_typed_becomes_what_the_stage_runs_with(file: str, tmp_path: Path) -> None:
    found = MEASURE.parse(str(tmp_path), [file], ["share=0.25"])
    assert found == {"data": tmp_path, "network": Path(file), "cores": 2, "share": 0.25}
    assert CHOOSE.parse(None, [file, file], []) == {"networks": (Path(file), Path(file))}
    assert CHOOSE.parse(None, [], []) == {"networks": ()}


def test_usage_lists_what_can_be_typed() -> None:
    assert list(MEASURE.usage) == [
        "--data DIR",
        "--network FILE",
        "--set cores=2",
        "--set share=0.5",
    ]
    assert MEASURE.usage["--set cores=2"] == "cores (a whole number from 1 to 64)"


def test_what_is_missing_is_named(file: str, tmp_path: Path) -> None:
    with refused("option.missing", "measure", "--data DIR"):
        MEASURE.parse(None, [file], [])
    with refused("option.missing", "measure", "--network FILE", "what is measured"):
        MEASURE.parse(str(tmp_path), [], [])
    for nowhere in ("nowhere", file):
        with refused("data.missing", nowhere):
            MEASURE.parse(nowhere, [file], [])
    with refused("option.missing", "--data DIR"):
        MEASURE.parse("", [file], [])
    with refused("input.missing", "none.onnx"):
        MEASURE.parse(str(tmp_path), ["none.onnx"], [])


def test_what_a_stage_does_not_take_is_refused(file: str, tmp_path: Path) -> None:
    with refused("option.conflict", "--data", "choose", "--network FILE"):
        CHOOSE.parse(str(tmp_path), [file], [])
    with refused("option.conflict", "--network once"):
        MEASURE.parse(str(tmp_path), [file, file], [])


@pytest.mark.parametrize(
    "setting", ["core=1", "cores", "cores=0", "cores=x", "share=nan", "data=."]
)
def test_settings_are_numbers_in_their_range(file: str, tmp_path: Path, setting: str) -> None:
    with refused("training.setting", f"--set {setting}"):
        MEASURE.parse(str(tmp_path), [file], [setting])


def test_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    file = claim_file(tmp_path / "runs" / "one", "made.json")
    assert file.parent.is_dir()
    file.write_text("theirs", encoding="utf-8")
    with refused("output.exists", file, "--output"):
        claim_file(tmp_path / "runs" / "one", "made.json")
    with refused("output.place", file / "below"):
        claim_file(file / "below", "made.json")


# --- those of the package -----------------------------------------------------------------------


@pytest.mark.parametrize("name", registry.NAMES)
def test_stages_say_when_they_are_run_and_what_file_they_renew(name: str) -> None:
    for key, stage in registry.stages(name).items():
        assert key == stage.name
        assert stage.text.startswith(("Before ", "After "))
        assert stage.text.endswith(".")
        assert stage.stands_for == "" or (APPS / name / stage.stands_for).is_file()
        assert len({option.flag for option in stage.needs}) == len(stage.needs)


def shipped(name: str) -> Iterator[OnnxNetwork]:
    for weights in registry.find_app(name).networks.values():
        if registry.is_own(name, weights):
            yield weights.open(threads=1)


def recipe_name(network: OnnxNetwork) -> str:
    return str(json.loads(network.metadata["recipe"])["name"])


@pytest.mark.parametrize("name", TRAINED)
def test_the_first_recipe_made_what_ships(name: str) -> None:
    """Every shipped network names a recipe of the list; the main one the first, or a later part.

    Or one that joins what the first made with another network.
    """
    recipes = [make().name for make in registry.recipes(name).values()]
    made_by = [recipe_name(network) for network in shipped(name)]
    assert made_by[0].startswith(recipes[0]) or recipes[0] in JOINS[made_by[0]]
    assert set(made_by) <= set(recipes)


@pytest.mark.parametrize("name", TRAINED)
def test_recipes_and_stages_make_files_like_those_that_ship(name: str) -> None:
    """Inputs, outputs and what is told with the file: nothing is added by hand afterwards.

    A recipe of which nothing ships is in training, and what it has reached is kept in `stages`, or
    it is a part of one that ships. What a training began with is told where it began with
    something.
    """

    def form(spec: ExportSpec) -> tuple[tuple[str, ...], tuple[str, ...], frozenset[str]]:
        return tuple(spec.inputs), spec.outputs, frozenset(spec.metadata.keys() | EXPORTED)

    recipes = [make() for make in registry.recipes(name).values()]
    ships = {(n.inputs, n.outputs, frozenset(n.metadata.keys() - {"init"})) for n in shipped(name)}
    assert ships <= {form(spec) for recipe in recipes for spec in recipe.exports}
    parts = {part for n in shipped(name) for part in JOINS.get(recipe_name(n), ())}
    for recipe in recipes:
        is_kept = (APPS.parents[2] / "stages" / f"{recipe.name}.npz").is_file()
        is_told = is_kept or recipe.name in parts
        assert is_told or {form(spec) for spec in recipe.exports} <= ships
