"""What follows the training of the network of ten classes, and how sure the thousand may be.

    neuropil train classify --data DIR -o runs/long
    neuropil train classify --stage calibrate --data DIR --network runs/long/classify-long.onnx
    neuropil train classify --stage measure --data DIR --network runs/long/classify-long.onnx
    neuropil train classify --stage thousand --data DIR

Each of the first three works on what the one before has made.
"""

from neuropil.apps.classify.app import CLASSIFIER, Classify
from neuropil.apps.classify.classifier import THOUSAND
from neuropil.apps.classify.lab import calibration, runs, thousand
from neuropil.kit.ranges import Range
from neuropil.signature import Option
from neuropil.training.stages import DATA, OnnxPath, Stage

TRAINED = Option("network", OnnxPath(), None, "the .onnx file of a training", required=True)

STAGES = (
    Stage(
        "calibrate",
        "After training: find the temperature, and the neurons that say none of them.",
        calibration.calibrate_network,
        needs=(DATA, TRAINED),
        stands_for=f"weights/{Classify.networks[CLASSIFIER].file}",
    ),
    Stage(
        "measure",
        "After training: add accuracy and minutes of a training to the record.",
        runs.record_run,
        needs=(
            DATA,
            TRAINED,
            Option("cores", int, 2, "cores that the training had", Range(1, 1024)),
            Option(
                "test",
                int,
                0,
                "1 tries the test too, once for a network that may ship",
                Range(0, 1),
            ),
        ),
        stands_for="lab/runs.json",
    ),
    Stage(
        "thousand",
        "Before the eye names a thing: find how sure it may be, and when it is none of them.",
        thousand.calibrate_thousand,
        needs=(DATA,),
        stands_for=THOUSAND.name,
    ),
)
