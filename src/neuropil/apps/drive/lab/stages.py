"""What makes the shipped driver beside its training: an expert, drives to learn from, a choice.

    neuropil train drive --stage collect -o runs/drives
    neuropil train drive --data runs/drives -o runs/one --set steps=1500
    neuropil train drive --stage collect --network runs/one/drive-driver.onnx \\
        --set first=40100 --set tracks=40 -o runs/drives
    neuropil train drive --data runs/drives -o runs/two
    neuropil train drive --stage select --network runs/one/drive-driver.onnx \\
        --network runs/two/drive-driver.onnx
"""

from neuropil.apps.drive.app import DRIVER, Drive
from neuropil.apps.drive.lab import collect, expert_tuning, selection
from neuropil.kit.ranges import Range
from neuropil.signature import Option
from neuropil.training.stages import OnnxPath, Stage

STAGES = (
    Stage(
        "tune-expert",
        "Before collecting, done once: find the numbers by which the expert drives best.",
        expert_tuning.tune_expert,
        needs=(),
        stands_for="lab/expert.py",
    ),
    Stage(
        "collect",
        "Before training: record drives to learn from, of the expert or of a trained network.",
        collect.collect_drives,
        needs=(
            Option("network", OnnxPath(), None, "a driver of an earlier training; else the expert"),
            Option("tracks", int, 60, "how many tracks are driven", Range(1, 10_000)),
            Option(
                "first", int, collect.FIRST, "seed of the first track", Range(collect.FIRST, 10**9)
            ),
        ),
    ),
    Stage(
        "select",
        "After training: drive tracks kept for choosing, and copy the network that drives best.",
        selection.select_driver,
        needs=(
            Option(
                "networks",
                OnnxPath(),
                [],
                "the drivers to choose among, drive-driver.onnx of several trainings",
                repeated=True,
                required=True,
            ),
        ),
        stands_for=f"weights/{Drive.networks[DRIVER].file}",
    ),
)
