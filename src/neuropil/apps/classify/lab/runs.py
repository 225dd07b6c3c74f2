"""The record of trainings: how right a network is after how many minutes, trick by trick.

    neuropil train classify --stage measure --data DIR --network runs/short/classify-short.onnx

adds a row; with `--set test=1` the network is tried on the test as well.

Every row is of a training that was run: accuracy on all 5,000 held-out pictures, and on the 10,000
of the test for networks that could have been shipped, which is looked at once for each.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from neuropil.apps.classify.lab import data
from neuropil.apps.classify.lab.calibration import read_trained, run_network
from neuropil.kit.atomic import save_text
from neuropil.kit.errors import UserError
from neuropil.kit.folders import create_folder
from neuropil.kit.networks.network import OnnxNetwork

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


def read_runs(file: Path = FILE) -> list[TrainingRun]:
    """Read the record, the package's or another; raises UserError where it is none."""
    try:
        return [TrainingRun(**row) for row in json.loads(file.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as error:
        raise UserError(
            "input.damaged", f"{file} is no record of trainings; name another --output", path=file
        ) from error


def runs_of_recipe(network: OnnxNetwork) -> list[TrainingRun]:
    """Find the trainings by the recipe that made a network, its own and those of other seeds."""
    name = json.loads(network.metadata["recipe"])["name"]
    return [row for row in read_runs() if row.recipe == name]


def measure_run(network: OnnxNetwork, folder: Path, cores: int, *, test: bool) -> TrainingRun:
    """Measure a network that a training has made."""
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


def record_run(output: Path, *, data: Path, network: Path, cores: int, test: int) -> Path:
    """Add a row to the record, or put it in the place of one of the same recipe, steps and seed.

    The record is that of an earlier call where the folder has one, else the package's.
    """
    made, file = read_trained(network), output / FILE.name
    rows = read_runs(file if file.exists() else FILE)
    create_folder(output)
    row = measure_run(made, data, cores, test=bool(test))
    same = (row.recipe, row.steps, row.seed)
    kept = [other for other in rows if (other.recipe, other.steps, other.seed) != same]
    table = ",\n".join(json.dumps(asdict(each)) for each in (*kept, row))
    save_text(file, f"[\n{table}\n]\n")
    return file
