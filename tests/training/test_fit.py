"""Training: stopped and resumed, measured, refused."""

import logging
import os
import signal
import subprocess
import sys
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import onnx
import pytest
import torch
from listening import listening
from onnx import numpy_helper
from PIL import Image
from refusals import refused
from tiny_recipe import STEPS, error, tiny
from torch import nn

from neuropil.kit.errors import UserError
from neuropil.training import checkpoint, fit, history
from neuropil.training.checkpoint import Checkpoint
from neuropil.training.optim import adamw
from neuropil.training.recipe import Recipe, with_settings

CPU = torch.device("cpu")
TESTS = Path(__file__).parent.parent


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training that nobody interrupted: its folder."""
    torch.set_num_threads(1)
    return train(tiny(), tmp_path_factory.mktemp("whole")).parent


@pytest.fixture
def few_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at a training twice and not twenty times: to draw its curve takes longer than to train.

    What is drawn, and that its weights do not depend on it, the trainings without this show.
    """
    monkeypatch.setattr(fit, "EVALUATIONS", 2)


def train(recipe: Recipe, out: Path, **how: float | bool) -> Path:
    minutes, resume = how.get("minutes"), bool(how.get("resume"))
    return fit.fit(recipe, data=Path(), out=out, device="cpu", minutes=minutes, resume=resume)


def weights(path: Path) -> dict[str, bytes]:
    graph = onnx.load(path).graph
    return {t.name: numpy_helper.to_array(t).tobytes() for t in graph.initializer}


def same(one: Checkpoint, other: Checkpoint) -> bool:
    pairs = [(one.network[k], other.network[k]) for k in one.network]
    pairs += [(one.ema[k], other.ema[k]) for k in one.ema]
    return all(torch.equal(a, b) for a, b in pairs)


def test_a_killed_training_resumes_to_the_same_weights(whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "killed"
    code = f"import tiny_recipe; tiny_recipe.fit_until_killed({str(out)!r})"
    source = TESTS.parent / "src"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(TESTS), str(source)))}
    killed = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert sorted(path.name for path in out.iterdir()) == [
        "averages.npz", "checkpoint.pt", "curve.csv", "curve.png",
    ]  # fmt: skip
    assert 0 < checkpoint.load(out, CPU).step < STEPS
    made = train(tiny(), out, resume=True)
    assert same(checkpoint.load(out, CPU), checkpoint.load(whole, CPU))
    assert weights(made) == weights(whole / "tiny-base.onnx")


def test_it_learns(whole: Path) -> None:
    history = checkpoint.load(whole, CPU).history
    assert history[-1]["error"] < 0.95 * history[0]["error"]
    assert [look["step"] for look in history] == list(range(3, STEPS, 3))


@pytest.mark.usefixtures("few_looks")
def test_other_weights_come_from_another_seed(whole: Path, tmp_path: Path) -> None:
    made = train(replace(tiny(), seed=1), tmp_path)
    assert weights(made) != weights(whole / "tiny-base.onnx")


@pytest.mark.usefixtures("few_looks")
def test_minutes_fix_the_steps_for_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "steps_for_minutes", lambda *_: 24)
    train(tiny(), tmp_path, minutes=0.1)
    assert checkpoint.load(tmp_path, CPU).steps == 24
    monkeypatch.setattr(fit, "steps_for_minutes", None)  # not measured again
    train(tiny(), tmp_path, minutes=5, resume=True)
    assert checkpoint.load(tmp_path, CPU).steps == 24


@pytest.mark.parametrize(
    ("making", "threads", "seconds"), [(0.5, 1, 1.5), (0.5, 2, 1.0), (3.0, 1, 4.0), (3.0, 2, 3.0)]
)
def test_minutes_are_turned_into_steps(
    monkeypatch: pytest.MonkeyPatch, making: float, threads: int, seconds: float
) -> None:
    """A step of a second, beside the making of its batch or, on one core, after it."""
    clock = iter([0.0, 6 * making, 10.0, 16.0])  # around six batches, and around their steps
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    monkeypatch.setattr("torch.get_num_threads", lambda: threads)
    recipe = tiny()
    steps = fit.steps_for_minutes(1.0, recipe, recipe.examples(Path()), CPU)
    assert steps == round(60 / (1.06 * seconds))


def test_minutes_above_0_are_needed() -> None:
    with refused("option.range", "--minutes 0"):
        fit.steps_for_minutes(0, tiny(), None, CPU)


def test_resuming_with_other_numbers_is_refused(whole: Path) -> None:
    with refused("training.other_recipe", "'lr': 0.01", "'lr': 0.5"):
        train(replace(tiny(), lr=0.5), whole, resume=True)
    with refused("training.other_recipe", "tiny-base", "tiny-large"):
        train(replace(tiny(), name="tiny-large"), whole, resume=True)


def test_a_folder_with_a_training_is_not_overwritten(whole: Path) -> None:
    with refused("training.folder_taken", whole, "--resume"):
        train(tiny(), whole)


def test_a_training_without_data_leaves_no_folder(tmp_path: Path) -> None:
    def refuse(data: Path) -> None:
        raise UserError("data.missing", "there is nothing to learn from")

    out = tmp_path / "runs" / "tiny"
    with refused("data.missing"):
        train(replace(tiny(), examples=refuse), out)
    assert list(tmp_path.iterdir()) == []


def test_there_must_be_something_to_resume(tmp_path: Path) -> None:
    with refused("training.checkpoint", tmp_path, "--resume"):
        train(tiny(), tmp_path, resume=True)
    (tmp_path / "file").touch()
    with refused("output.place", tmp_path / "file"):
        train(tiny(), tmp_path / "file")


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 half of one"])
def test_a_broken_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / checkpoint.FILE).write_bytes(content)
    with refused("training.checkpoint", checkpoint.FILE):
        train(tiny(), tmp_path, resume=True)


def test_a_checkpoint_is_read_up_to_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / checkpoint.FILE
    checkpoint.save(Checkpoint("tiny", {}, 2, 1, {"w": torch.zeros(1000)}, {}, {}), tmp_path)
    assert checkpoint.load(tmp_path, CPU).step == 1
    with ZipFile(path) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    monkeypatch.setattr(checkpoint, "MOST_BYTES", unpacked)
    assert checkpoint.load(tmp_path, CPU).step == 1
    monkeypatch.setattr(checkpoint, "MOST_BYTES", unpacked - 1)
    with refused("input.too_large", path):
        checkpoint.load(tmp_path, CPU)


def test_a_checkpoint_of_other_fields_is_refused(tmp_path: Path) -> None:
    torch.save({"step": 3}, tmp_path / checkpoint.FILE)
    with refused("training.checkpoint", checkpoint.FILE):
        checkpoint.load(tmp_path, CPU)


def test_every_look_is_told_and_drawn(whole: Path, tmp_path: Path) -> None:
    with Image.open(whole / "curve.png") as picture:
        assert picture.size == (history.WIDTH, 2 * history.HEIGHT)  # loss and error
        assert (np.asarray(picture) != 255).any()
    table = (whole / "curve.csv").read_text(encoding="utf-8").splitlines()
    assert table[0] == "step,loss,error,seconds"
    assert len(table) == 20
    with listening() as said:
        train(replace(tiny(), steps=2), tmp_path / "short")
    assert said[0] == "reading ."
    assert said[1].startswith("step 1 of 2  loss ")


def test_every_figure_has_a_panel_with_its_last_value() -> None:
    looks = [{"step": 5.0 * i, "loss": 2.0 / i, "error_rate": 0.5} for i in (1, 2, 4)]
    figure = history.draw_figure(looks)
    titles = [panel.get_title(loc="left") for panel in figure.axes]
    assert titles == ["loss: 0.5", "error rate: 0.5"]
    assert figure.axes[-1].get_xlabel() == "step"
    (course,) = figure.axes[0].get_lines()
    assert np.asarray(course.get_xydata()).tolist() == [[5, 2], [10, 1], [20, 0.5]]
    assert "matplotlib.pyplot" not in sys.modules, "it keeps figures for good, and picks a screen"


def test_a_curve_of_one_flat_look_can_be_drawn(tmp_path: Path) -> None:
    history.plot([{"step": 5.0, "loss": 1.0, "seconds": 3.0}], tmp_path)
    with Image.open(tmp_path / "curve.png") as picture:
        assert picture.size == (history.WIDTH, history.HEIGHT)


def test_the_learning_rate_rises_rests_and_falls() -> None:
    shape = [fit.learning_rate_factor(step, 5000, 0.4) for step in range(5000)]
    assert shape[0] == 1 / fit.WARM_UP
    assert shape[fit.WARM_UP - 1 : 3001] == [1.0] * (3002 - fit.WARM_UP)
    assert shape[4000] == pytest.approx(0.5)
    assert shape[3000:] == sorted(shape[3000:], reverse=True)
    assert 0 < shape[-1] < 1e-4
    assert [fit.learning_rate_factor(step, 50, 0.4) for step in range(5)] == [
        0.2,
        0.4,
        0.6,
        0.8,
        1.0,
    ]
    assert fit.learning_rate_factor(2500, 5000, 1.0) == pytest.approx(0.5)


def test_the_running_mean_follows() -> None:
    network, mean = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    nn.init.constant_(network.weight, 3.0)
    assert network.running_mean is not None
    assert network.num_batches_tracked is not None
    nn.init.constant_(network.running_mean, 10.0)
    network.num_batches_tracked.fill_(7)
    fit.update_ema(mean, network, 0.75)  # 1 + 0.25 (3 - 1), 0 + 0.25 (10 - 0)
    state = mean.state_dict()
    assert state["weight"].tolist() == [1.5, 1.5]
    assert state["running_mean"].tolist() == [2.5, 2.5]
    assert state["num_batches_tracked"].item() == 7  # a counter has no mean


def test_a_step_whose_gradient_is_not_finite_changes_nothing() -> None:
    recipe = replace(
        tiny(), loss=lambda network, batch: error(network, batch["noise"]) * float("nan")
    )
    network = recipe.network()
    mean, before = deepcopy(network), [each.clone() for each in network.parameters()]
    batch = {"noise": torch.ones(2, 1, 8, 8)}
    optimizer = recipe.optimizer(network, recipe.lr)
    fit.take_step(recipe, network, mean, optimizer, batch, rate=lambda fall: 1.0, decay=0.5)
    for found in (network, mean):
        assert all(map(torch.equal, found.parameters(), before))


def test_biases_and_normalizations_do_not_decay() -> None:
    kernels, others = adamw(tiny().network(), 1e-3).param_groups
    assert (kernels["weight_decay"], others["weight_decay"]) == (0.02, 0.0)
    assert {p.ndim for p in kernels["params"]} == {4}
    assert {p.ndim for p in others["params"]} == {1}


def test_a_new_residual_block_passes_its_input() -> None:
    network = tiny().network().eval()
    assert isinstance(network, nn.Sequential)
    x = torch.rand(1, 4, 8, 8)
    assert torch.equal(network[1](x), x)


def test_devices_are_named_or_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert fit.select_device("auto") == fit.select_device("cpu") == CPU
    for name, code in [("cuda", "dependency.missing"), ("tpu", "option.choice")]:
        with refused(code, f"--device {name}"):
            fit.select_device(name)


def test_settings_change_numbers() -> None:
    recipe = with_settings(tiny(), ["lr=3e-4", "steps=7", "seed=2", "lr=1e-4"])
    assert (recipe.lr, recipe.steps, recipe.seed) == (1e-4, 7, 2)
    assert with_settings(tiny(), []).ema == 0.999


@pytest.mark.parametrize(
    ("setting", "given"),
    [
        ("lr", "steps, lr, "),
        ("name=other", "name=other"),
        ("rate=1", "rate=1"),
        ("steps=1.5", "--set steps=60"),
        ("lr=fast", "--set lr=0.01"),
        ("steps=-1", "0 steps or more"),
        ("lr=0", "rate above 0"),
        ("lr=nan", "rate above 0"),
        ("ema=1", "ema"),
        ("seed=-1", "seed"),
    ],
)
def test_bad_settings_are_refused(setting: str, given: str) -> None:
    with refused("training.setting", given):
        with_settings(tiny(), [setting])


def test_batches_made_ahead_are_those_of_their_steps() -> None:
    recipe = tiny()
    batches = list(fit.prefetch(recipe, recipe.examples(Path()), 3, 6, CPU))
    assert [step for step, _ in batches] == [3, 4, 5]
    again = dict(fit.prefetch(recipe, None, 5, 6, CPU))[5]["noise"]
    assert torch.equal(batches[-1][1]["noise"], again)  # of its step alone


@pytest.mark.usefixtures("few_looks")
@pytest.mark.parametrize("flushes", [False, True])
def test_a_training_leaves_the_process_as_it_was(tmp_path: Path, flushes: bool) -> None:
    log = logging.getLogger("torch.onnx")
    log.setLevel(logging.WARNING)
    torch.set_flush_denormal(flushes)
    try:
        random = torch.get_rng_state()
        train(tiny(), tmp_path)
        assert ((torch.tensor(1e-39) * 1).item() == 0) == flushes
        assert torch.equal(torch.get_rng_state(), random)
        with refused("training.folder_taken", tmp_path):
            train(tiny(), tmp_path)
        assert ((torch.tensor(1e-39) * 1).item() == 0) == flushes
        assert log.level == logging.WARNING
    finally:
        torch.set_flush_denormal(False)
        log.setLevel(logging.NOTSET)
