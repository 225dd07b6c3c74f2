"""The one training loop.

    neuropil train colorize --data DIR --output runs/colorize

It reads as it runs: set up, then for every step first what happens once in a while (score,
checkpoint, curve), then the step itself. Batches are made ahead by a second thread.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from neuropil.kit import progress
from neuropil.kit.errors import UserError
from neuropil.kit.folders import create_folder
from neuropil.training import averages, checkpoint, history
from neuropil.training.checkpoint import Checkpoint
from neuropil.training.export import export
from neuropil.training.recipe import Recipe
from neuropil.training.step import TrainingStep
from neuropil.training.team import ALONE, Team

WARM_UP = 200  # steps until the learning rate is at its highest; of a short training a tenth
MAX_NORM = 1.0  # of the gradient, longer ones are cut to it
TRIAL_STEPS = 6  # timed to turn --minutes into steps, each of its own batch
EVALUATIONS = 20  # scores, checkpoints and points of the curve in a whole training
CHECKPOINT_INTERVAL = 120.0  # seconds after which a checkpoint is written anyway


@contextmanager
def apart() -> Iterator[None]:
    """Let numbers below 1e-38 be zero, which would slow a CPU down tenfold.

    At the end that, and torch's random numbers, are as they were in the process before.
    """
    before = (torch.tensor(1e-39) * 1).item() == 0
    with torch.random.fork_rng(devices=()):
        torch.set_flush_denormal(True)
        try:
            yield
        finally:
            torch.set_flush_denormal(before)


@apart()
def fit(
    recipe: Recipe,
    *,
    data: Path,
    out: Path,
    device: str = "auto",
    minutes: float | None = None,
    resume: bool = False,
    init: Sequence[Path] = (),
    team: Team = ALONE,
) -> Path:
    """Train by a recipe and return the exported ONNX file in `out`.

    Stopped at any moment, also by `kill -9`, it goes on with `resume=True` to the same weights, bit
    for bit on a CPU with the same number of threads. `minutes` sets the number of steps once, at
    the start. `init` names the averaged weights that it begins with, of several their mean; no
    step at all keeps them as they are. Every process of a `team` calls this; it may go on with
    another number of them.
    """
    place = select_device(device)
    state = load_run(out, recipe, place) if resume else None
    if state is None:
        refuse_trained(out)
        refuse_nothing(recipe, init)
    else:  # its length and its beginning were set once
        progress.message(f"going on at step {state.step} of {state.steps}")
    progress.message(f"reading {data}")
    examples = recipe.examples(data)

    torch.manual_seed(recipe.seed)
    network = recipe.network()
    begun = averages.load(network, *init) if init else []  # a run that goes on puts its own there
    network = to_device(team.share_statistics(network), place)
    mean = deepcopy(network).requires_grad_(False)
    optimizer = recipe.optimizer(network, recipe.lr)
    if state is not None:
        network.load_state_dict(state.network)
        mean.load_state_dict(state.ema)
        optimizer.load_state_dict(state.optimizer)
        if state.random is not None:
            torch.set_rng_state(state.random.cpu())
    else:
        steps = (
            recipe.steps if minutes is None else steps_for_minutes(minutes, recipe, examples, place)
        )
        steps = team.agree(steps, place)
        state = Checkpoint(recipe.name, recipe_settings(recipe), steps, 0, {}, {}, {})

    create_folder(out)  # not before: a training that is refused leaves nothing behind
    every = max(1, state.steps // EVALUATIONS)
    started, saved = time.monotonic() - state.seconds, time.monotonic()
    losses: list[Tensor] = []
    batches = prefetch(recipe, examples, state.step, state.steps, place, team)
    for step, batch in progress.track(
        batches, total=state.steps, start=state.step, title=recipe.name
    ):
        # Once in a while: look at the score, draw the curve, save everything.
        is_later = team.is_first and step > state.step
        if step % every == 0 and is_later:
            with autocast(place):
                scores = recipe.score(mean.eval(), examples)
            look = {"step": step, "loss": torch.stack(losses).mean().item(), **scores}
            state.history.append({**look, "seconds": round(time.monotonic() - started, 1)})
            losses.clear()
            history.plot(state.history, out)
            progress.message(history.format_evaluation(state.history[-1], state.steps))
        if (step % every == 0 or time.monotonic() - saved > CHECKPOINT_INTERVAL) and is_later:
            state.step, state.seconds = step, time.monotonic() - started
            state.network, state.ema = network.state_dict(), mean.state_dict()
            state.optimizer, state.random = optimizer.state_dict(), torch.get_rng_state()
            checkpoint.save(state, out)
            averages.save(state.ema, describe_averages(state), out / averages.FILE)
            saved = time.monotonic()

        rate = partial(learning_rate_factor, step, state.steps)
        decay = min(recipe.ema, (step + 1) / (step + 10))
        loss = take_step(recipe, network, mean, optimizer, batch, rate=rate, decay=decay, team=team)
        losses.extend([loss] if team.is_first else [])

    if not team.is_first:
        return out
    look = {
        "step": state.steps,
        **recipe.score(mean.eval(), examples),
        "seconds": time.monotonic() - started,
    }
    progress.message(history.format_evaluation(look, state.steps))
    state.step, state.seconds = state.steps, look["seconds"]
    averages.save(mean.state_dict(), describe_averages(state), out / averages.FILE)
    return export(mean, recipe, look, out, begun)


def take_step(
    recipe: Recipe,
    network: nn.Module,
    mean: nn.Module,
    optimizer: torch.optim.Optimizer,
    batch: Mapping[str, Tensor],
    *,
    rate: Callable[[float], float],
    decay: float,
    team: Team = ALONE,
) -> Tensor:
    """Take one step of a training: forward, backward, update, the running mean; return the loss.

    A step whose gradient is not finite changes nothing: products of bfloat16 on AMX now and then
    take up what memory held before (oneDNN issue 5717), and one such step would end a training.

    rate: what the learning rate is multiplied by, of the share of the steps in which it falls
    """
    for group in optimizer.param_groups:
        group["lr"] = group["initial_lr"] * rate(group["fall"])
    network.train()
    with autocast(next(network.parameters()).device):
        loss = recipe.loss(network, batch)
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    loss = team.average(network, loss.detach())
    norm = nn.utils.clip_grad_norm_(network.parameters(), MAX_NORM)
    if norm.isfinite():
        optimizer.step()
        update_ema(mean, network, decay)
    return loss


def describe_averages(state: Checkpoint) -> dict[str, Any]:
    """Tell how averaged weights came about."""
    numbers = {**state.settings, "steps": state.steps, "step": state.step}
    return {"recipe": state.recipe, **numbers, "seconds": round(state.seconds)}


def select_device(device: str) -> torch.device:
    """Take the device that was named; `auto` is CUDA where there is one."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device == "cuda" and not torch.cuda.is_available():
        raise UserError(
            "dependency.missing",
            "--device cuda: torch sees no CUDA device here; type --device cpu, or leave it out",
            name="cuda",
        )
    if device not in ("cpu", "cuda"):
        raise UserError(
            "option.choice",
            f"--device {device}: possible are auto, cpu and cuda",
            name="device",
            value=device,
            possible=("auto", "cpu", "cuda"),
        )
    return torch.device(device)


def load_run(out: Path, recipe: Recipe, place: torch.device) -> Checkpoint:
    """Read where a training was stopped; raises UserError if it is none of this recipe's."""
    state = checkpoint.load(out, place)
    require_same_recipe(state, recipe)
    return state


def refuse_trained(out: Path) -> None:
    """Raise UserError where a folder holds a training already."""
    if (out / checkpoint.FILE).exists():
        raise UserError(
            "training.folder_taken",
            f"{out} holds a training already: go on with --resume, or name another --output",
            path=out,
        )


def refuse_nothing(recipe: Recipe, init: Sequence[Path]) -> None:
    """Raise UserError for a training of no steps that begins from nothing."""
    if recipe.steps == 0 and not init:
        raise UserError(
            "training.setting",
            "a training of no steps keeps the weights that it begins with: name them by --init",
        )


def to_device(network: nn.Module, place: torch.device) -> nn.Module:
    """Move a network to a device, its kernels channels last, which convolutions like best."""
    network = network.to(place)
    for parameter in network.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return network


def autocast(place: torch.device) -> AbstractContextManager[Any]:
    """Multiply in bfloat16 where the hardware does so itself: on CUDA, and on many newer CPUs."""
    cpu = torch.cpu.get_capabilities()
    hardware = place.type == "cuda" or bool(cpu.get("amx_bf16") or cpu.get("avx512_bf16"))
    return torch.autocast(place.type, dtype=torch.bfloat16, enabled=hardware)


def learning_rate_factor(step: int, steps: int, fall: float) -> float:
    """Shape the learning rate, 0..1: a short rise, a plateau, a long way down in a cosine.

    fall: share of the steps, the last ones, in which it goes down
    """
    rise = min(1.0, (step + 1) / min(WARM_UP, max(1, steps // 10)))
    fallen = max(0.0, (step / steps - (1 - fall)) / fall)
    return rise * 0.5 * (1 + math.cos(math.pi * fallen))


@torch.no_grad()
def update_ema(mean: nn.Module, network: nn.Module, decay: float) -> None:
    """Move the running mean a little towards the network: mean += (1 - decay) (network - mean)."""
    pairs = list(zip(mean.state_dict().values(), network.state_dict().values(), strict=True))
    floats = [(m, n) for m, n in pairs if m.is_floating_point()]
    torch._foreach_lerp_([m for m, _ in floats], [n for _, n in floats], 1 - decay)
    for m, n in pairs:
        if not m.is_floating_point():  # counters
            m.copy_(n)


def prefetch(
    recipe: Recipe, examples: Any, start: int, steps: int, place: torch.device, team: Team = ALONE
) -> Iterator[tuple[int, dict[str, Tensor]]]:
    """Yield (step, batch) while a second thread makes the next; each depends on its step alone."""

    def make(step: int) -> dict[str, Tensor]:
        arrays = team.share(recipe.batch(examples, TrainingStep(recipe.seed, step, steps)))
        return {name: torch.from_numpy(array) for name, array in arrays.items()}

    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(make, start) if start < steps else None
        for step in range(start, steps):
            assert coming is not None
            batch = coming.result()
            coming = thread.submit(make, step + 1) if step + 1 < steps else None
            yield step, {name: tensor.to(place) for name, tensor in batch.items()}


def steps_for_minutes(minutes: float, recipe: Recipe, examples: Any, place: torch.device) -> int:
    """Time a few steps of the last kind (the dearest) and tell how many fit into `minutes`.

    Batches are made beside the steps; where one core does both, their times add up.
    """
    if minutes <= 0:
        raise UserError(
            "option.range",
            f"--minutes {minutes:g}: name a time above 0",
            name="minutes",
            value=minutes,
            low=0,
        )
    network = to_device(recipe.network(), place)
    recipe.batch(examples, TrainingStep(recipe.seed, 0, 100))  # what is read once is read
    started = time.monotonic()
    last = range(100 - TRIAL_STEPS, 100)
    made = [recipe.batch(examples, TrainingStep(recipe.seed, step, 100)) for step in last]
    making = (time.monotonic() - started) / TRIAL_STEPS
    batches = [
        {name: torch.from_numpy(array).to(place) for name, array in arrays.items()}
        for arrays in made
    ]
    for trial in range(2 * TRIAL_STEPS):
        if trial == TRIAL_STEPS:  # the first half only warms up
            started = time.monotonic()
        with autocast(place):
            loss = recipe.loss(network, batches[trial % TRIAL_STEPS])
        torch.autograd.backward(loss)
        loss.item()
    seconds = (time.monotonic() - started) / TRIAL_STEPS
    is_alone = place.type == "cpu" and torch.get_num_threads() == 1
    seconds = seconds + making if is_alone else max(seconds, making)
    return max(1, round(60 * minutes / (1.06 * seconds)))  # 6 %: optimizer, running mean, looks


def recipe_settings(recipe: Recipe) -> dict[str, float]:
    """List what decides the weights and can be set: all numbers of the recipe but its length."""
    values = {field.name: getattr(recipe, field.name) for field in fields(recipe)}
    return {name: v for name, v in values.items() if isinstance(v, int | float) and name != "steps"}


def require_same_recipe(state: Checkpoint, recipe: Recipe) -> None:
    """Raise UserError where a checkpoint was made by another recipe or other numbers."""
    if (state.recipe, state.settings) != (recipe.name, recipe_settings(recipe)):
        raise UserError(
            "training.other_recipe",
            f"the checkpoint was made by {state.recipe} with {state.settings}, not by"
            f" {recipe.name} with {recipe_settings(recipe)}:"
            f" resume with the same, or name another --output",
        )
