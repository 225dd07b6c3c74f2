"""The record of trainings: how right a network is after how many minutes, trick by trick.

    python -m neuropil.apps.classify.lab.runs runs/classify-short DIR          adds a row
    python -m neuropil.apps.classify.lab.runs runs/classify-long DIR --test    and looks at the test

Every row is of a training that was run: accuracy on all 5,000 held-out pictures, and on the 10,000
of the test for networks that could have been shipped, which is looked at once for each.
"""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from neuropil.apps.classify.lab import data
from neuropil.apps.classify.lab.calibration import run_network
from neuropil.kit.atomic import atomic_path
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.kit.progress import terminal_progress

FILE = Path(__file__).with_name("runs.json")


@dataclass(frozen=True)
class TrainingRun:
    """One training.

    seconds: that it took, of `cores` cores, beside whatever else they did
    held_out, test: share told right; test is None where it was not looked at
    """

    recipe: str
    steps: int
    seed: int
    seconds: float
    cores: int
    held_out: float
    test: float | None
    date: str
    commit: str


def read_runs() -> list[TrainingRun]:
    """Read the record."""
    return [TrainingRun(**row) for row in json.loads(FILE.read_text(encoding="utf-8"))]


def runs_of_recipe(network: OnnxNetwork) -> list[TrainingRun]:
    """Find the trainings by the recipe that made a network, its own and those of other seeds."""
    name = json.loads(network.metadata["recipe"])["name"]
    return [row for row in read_runs() if row.recipe == name]


def measure_run(file: Path, folder: Path, cores: int, *, test: bool) -> TrainingRun:
    """Measure a network that a training has made."""
    network = OnnxNetwork(file)
    recipe, scores = (json.loads(network.metadata[key]) for key in ("recipe", "scores"))
    return TrainingRun(
        recipe["name"],
        recipe["steps"],
        recipe["seed"],
        scores["seconds"],
        cores,
        evaluate_accuracy(network, data.examples(folder).held_out),
        evaluate_accuracy(network, data.test_set(folder)) if test else None,
        network.metadata["date"],
        network.metadata["commit"],
    )


def evaluate_accuracy(network: OnnxNetwork, pictures: data.LabeledImages) -> float:
    """Count what share of pictures is told right."""
    return float(
        (run_network(network, pictures)["logits"].argmax(axis=1) == pictures.labels).mean()
    )


def main() -> None:
    """Add a row, or put it in the place of an earlier one of the same recipe, steps and seed."""
    if len(sys.argv) < 3:
        sys.exit("usage: python -m neuropil.apps.classify.lab.runs RUN DIR [--test] [--one-core]")
    made, folder = Path(sys.argv[1]), Path(sys.argv[2])
    files = list(made.glob("*.onnx"))
    if len(files) != 1:
        sys.exit(f"records: {made} holds {len(files)} networks; name the folder of a training")
    (file,) = files
    cores = 1 if "--one-core" in sys.argv else 2
    with terminal_progress():
        row = measure_run(file, folder, cores, test="--test" in sys.argv)
    same = (row.recipe, row.steps, row.seed)
    kept = [other for other in read_runs() if (other.recipe, other.steps, other.seed) != same]
    with atomic_path(FILE) as beside:
        table = ",\n".join(json.dumps(asdict(each)) for each in (*kept, row))
        beside.write_text(f"[\n{table}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
