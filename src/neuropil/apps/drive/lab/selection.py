"""Which of some drivers is shipped: the one that drives best on tracks kept for that choice.

    neuropil train drive --stage select --network runs/one/drive-driver.onnx --network ...

Fifty tracks, seeds 20000 to 20049, in the original simulator; the expert drives them too. The
tracks that are reported (10000 to 10099) are not touched.
"""

import json
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import mean, stdev

from neuropil.apps.drive.app import DRIVER, Drive
from neuropil.apps.drive.lab.scoring import parallel_map, score_expert, score_network_file
from neuropil.kit.atomic import atomic_path, save_text
from neuropil.kit.progress import message
from neuropil.training.stages import claim_file

SEEDS = range(20_000, 20_050)
FILE, SCORES = "drive-driver.onnx", "scores.json"


def select_driver(output: Path, *, networks: Sequence[Path]) -> Path:
    """Score drivers and the expert, and copy the driver with the highest mean, and all scores."""
    for path in networks:
        Drive(networks=path).network(DRIVER)  # it is one that drives
    file, scores = claim_file(output, FILE), claim_file(output, SCORES)
    points = {"expert": parallel_map(score_expert, SEEDS, "expert")}
    message(describe_points("expert", points["expert"]))
    for path in networks:
        drive = partial(score_network_file, path, None)
        points[str(path)] = parallel_map(drive, SEEDS, path.name)
        message(describe_points(str(path), points[str(path)]))
    best = max(networks, key=lambda path: mean(points[str(path)]))
    save_text(scores, json.dumps(points, indent=1) + "\n")
    with atomic_path(file) as beside:
        shutil.copyfile(best, beside)
    message(f"{best} drives best")
    return file


def describe_points(name: str, points: Sequence[float]) -> str:
    """Word the mean, the spread and the worst."""
    worst = ", ".join(f"{p:.0f}" for p in sorted(points)[:3])
    return f"{name}: {mean(points):.1f} ± {stdev(points):.1f}, the worst {worst}"
