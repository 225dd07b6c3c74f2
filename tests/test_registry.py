import hashlib
import subprocess
import sys
from pathlib import Path
from typing import ClassVar, cast

import pytest
from refusals import refused

import neuropil
from neuropil import registry
from neuropil.contract import App
from neuropil.kit.networks.network import NetworkFile, OnnxNetwork
from neuropil.signature import Signature


@pytest.mark.usefixtures("invert")
def test_an_application_is_found_by_its_name() -> None:
    invert = registry.find_app("invert")
    assert (invert.__name__, invert.name) == ("Invert", "invert")
    assert isinstance(registry.load_app("invert", threads=1), invert)


@pytest.mark.usefixtures("invert")
def test_one_file_needs_no_tuple() -> None:
    for given in ("none.onnx", Path("none.onnx"), ["none.onnx"]):
        with refused("input.missing", "none.onnx"):
            registry.load_app("invert", networks=given)


@pytest.mark.usefixtures("invert")
def test_another_name_is_refused_with_a_list_of_what_there_is() -> None:
    for find in (registry.find_app, registry.model_card, registry.recipes, registry.summary):
        with refused("name.unknown", "invrt (did you mean invert?)") as caught:
            find("invrt")
        assert "invert" in cast(tuple[str, ...], caught.value.facts["possible"])


@pytest.mark.usefixtures("invert")
def test_summary_and_card_are_read_without_loading_the_application() -> None:
    assert registry.summary("invert") == "Turn a picture inside out."
    assert registry.model_card("invert").startswith("# invert\n")
    assert "neuropil.apps.invert.app" not in sys.modules


@pytest.mark.usefixtures("invert")
def test_recipes_are_the_public_functions_that_return_one() -> None:
    pytest.importorskip("torch")
    assert list(registry.recipes("invert")) == ["plain"]


@pytest.mark.usefixtures("invert")
def test_training_without_torch_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    if loaded := sys.modules.get("neuropil.training"):
        monkeypatch.setattr(neuropil, "training", loaded)  # to be there again afterward
    for name in [name for name in sys.modules if name.startswith("neuropil.training")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    with refused("dependency.missing", "torch", '"neuropil[train]"'):
        registry.recipes("invert")


@pytest.mark.usefixtures("invert")
def test_an_application_may_have_no_stages() -> None:
    assert registry.stages("invert") == {}
    with refused("name.unknown", "invert", "'calibrate'", "none"):
        registry.find_stage("invert", "calibrate")
    with refused("name.unknown", "'colect' (did you mean collect?)", "tune-expert, collect"):
        registry.find_stage("drive", "colect")


def test_an_application_without_recipes_has_nothing_to_train(invert: Path) -> None:
    (invert / "lab" / "train.py").unlink()
    with refused("name.unsupported", "invert"):
        registry.recipes("invert")


@pytest.mark.usefixtures("invert")
def test_a_benchmark_is_a_module() -> None:
    assert callable(registry.benchmark("invert").measure)


def test_the_network_is_opened_when_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[int | None] = []

    class Counting(NetworkFile):
        def open(self, *, threads: int | None = None) -> OnnxNetwork:
            opened.append(threads)
            return OnnxNetwork.__new__(OnnxNetwork)

    class Idle(App):
        summary = "Do nothing."
        networks: ClassVar = {
            "net": Counting(tmp_path, "none.onnx", hashlib.sha256().hexdigest(), "MIT")
        }

        def __call__(self, photo: int) -> int:
            return photo

    idle = Idle(threads=3)
    assert opened == []
    assert idle.network("net") is idle.network("net")
    assert opened == [3]


def taken() -> set[str]:
    """Name the classes of all that calls from Python take, but for those of Python."""
    apps = [registry.find_app(name) for name in registry.NAMES]
    probes = [Signature.of(app.probe, has_outputs=False) for app in apps if app.networks]
    verbs = [verb.signature for app in apps for verb in app.verbs().values()]
    kinds = {
        kind
        for signature in [*verbs, *probes]
        for kind in [
            *(kind for given in signature.inputs for kind in given.types),
            *(option.type for option in signature.options),
        ]
    }
    return {kind.__name__ for kind in kinds - {bool, int, float, str}}


def test_public_names_are_the_applications_what_they_take_and_the_error() -> None:
    assert sorted(neuropil.__all__) == sorted(
        {"__version__", "UserError", *taken(), *registry.NAMES}
    )
    assert dir(neuropil) == neuropil.__all__
    for name in {"UserError", *taken()}:
        assert getattr(neuropil, name).__name__ == name
    with pytest.raises(AttributeError, match="neuropil has no colour; it has"):
        neuropil.__getattr__("colour")


@pytest.mark.usefixtures("invert")
def test_an_application_is_a_public_name_ready_to_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(vars(neuropil), "invert", raising=False)
    assert isinstance(neuropil.__getattr__("invert"), registry.find_app("invert"))
    monkeypatch.delitem(vars(neuropil), "invert")


def test_importing_the_package_costs_nothing() -> None:
    script = """
import sys, neuropil, neuropil.registry
heavy = {"numpy", "PIL", "onnxruntime", "av", "torch", "typer", "rich"} & sys.modules.keys()
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_what_scoring_lacks_is_said_before_a_training_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("torch")
    for name in [name for name in sys.modules if name.startswith("neuropil.apps.translate.lab")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with refused("dependency.missing", "sacrebleu", '"neuropil[train]"'):
        registry.recipes("translate")
