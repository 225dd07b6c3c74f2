"""A training by several workers: Ray Train starts them, the one loop of `training/fit.py` runs.

    train(recipe, Plan(data, out), workers=4)

Every worker reads the data and writes nothing but the first, so data and output have to be on a
disk that all of them see. A worker that dies costs the steps since the last checkpoint: all begin
again there.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from neuropil.kit import progress
from neuropil.kit.errors import UserError
from neuropil.surfaces.cluster.engine import connect, load_ray

if TYPE_CHECKING:
    from neuropil.training.recipe import Recipe

TRIES = 3  # of all workers to begin again after one has died


@dataclass(frozen=True)
class Plan:
    """What `fit` is told beside the recipe."""

    data: Path
    out: Path
    device: str = "auto"
    minutes: float | None = None
    resume: bool = False
    init: tuple[Path, ...] = ()


def train(recipe: "Recipe", plan: Plan, workers: int) -> Path:
    """Train by a recipe on so many workers, and return the file that was made.

    Raises UserError for what `fit` refuses.
    """
    place = replace(
        plan,
        data=plan.data.absolute(),
        out=plan.out.absolute(),
        init=tuple(path.absolute() for path in plan.init),
    )
    refuse_folder(place)
    with connect(workers), tempfile.TemporaryDirectory() as folder:
        from ray.train import FailureConfig, RunConfig, ScalingConfig
        from ray.train.torch import TorchTrainer
        from ray.util.queue import Queue

        said: Any = Queue(actor_options={"num_cpus": 0})
        trainer: Any = TorchTrainer(
            train_share,
            train_loop_config={"recipe": recipe, "plan": place, "said": said},
            scaling_config=ScalingConfig(num_workers=workers, use_gpu=uses_gpu(plan.device)),
            run_config=RunConfig(
                storage_path=folder, failure_config=FailureConfig(max_failures=TRIES)
            ),
        )
        with relay(said) as made:
            trainer.fit()
    if isinstance(made[0], UserError):
        raise made[0]
    return plan.out / Path(made[0]).name


@contextmanager
def relay(said: Any) -> Iterator[list[Any]]:
    """Tell here what the first worker says, and yield what comes of the training, in a list."""
    made: list[Any] = []
    reporter = progress.listener()

    def listen() -> None:
        while (word := said.get()) is not None:
            if isinstance(word, str):
                reporter.say(word)
            else:
                made.append(word)

    thread = Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        said.put(None)
        thread.join()


def refuse_folder(plan: Plan) -> None:
    """Refuse what `fit` would, before workers are started: raises UserError."""
    from neuropil.training.checkpoint import FILE
    from neuropil.training.fit import refuse_trained, select_device

    select_device(plan.device)
    if not plan.resume:
        refuse_trained(plan.out)
    elif not (plan.out / FILE).exists():
        words = f"{plan.out / FILE} does not exist, so there is nothing to resume"
        raise UserError("training.checkpoint", f"{words}: leave out --resume", path=plan.out)


def uses_gpu(device: str) -> bool:
    """Tell whether each worker takes a GPU."""
    return device != "cpu" and load_ray().cluster_resources().get("GPU", 0) > 0


def train_share(told: Mapping[str, Any]) -> None:
    """Train in one worker, from the last checkpoint where there is one."""
    from ray.train import get_context

    from neuropil.training.checkpoint import FILE
    from neuropil.training.fit import fit
    from neuropil.training.team import Team

    context = get_context()
    team = Team(context.get_world_rank(), context.get_world_size())
    plan = told["plan"]
    begun = plan.resume or (plan.out / FILE).exists()
    with progress.report_to(FirstWorker(told["said"]) if team.is_first else progress.Nobody()):
        try:
            made = fit(told["recipe"], **{**vars(plan), "resume": begun}, team=team)
        except UserError as error:  # to try again would mend nothing
            told["said"].put(error)
        else:
            if team.is_first:
                told["said"].put(made)


class FirstWorker(progress.Nobody):
    """A reporter whose lines go to whoever started the training."""

    def __init__(self, said: Any) -> None:
        self.said = said

    def say(self, line: str) -> None:
        """Hand a line on."""
        self.said.put(line)
