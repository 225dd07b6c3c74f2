"""A taught network as one file: the eye, a last layer for new classes, a neuron for none of them.

picture -> eye -> features (B, 1280) -> logits (B, K) -> the largest -> outside (B, 1)
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.classify.distance import DistanceNeuron
from neuropil.apps.classify.lda import CrossValidatedHead
from neuropil.apps.classify.preprocess import EYE_SCALE
from neuropil.kit.networks.onnx_file import GraphNode, OnnxFile

BY_ROWS = {"transB": 1}  # weights are stored a neuron a row
NODES = (
    GraphNode("Identity", ("mean_features",), "features"),
    GraphNode("Gemm", ("features", "head.weight", "head.bias"), "logits", BY_ROWS),
    GraphNode("ReduceMax", ("logits", "classes.axis"), "largest", {"keepdims": 1}),
    GraphNode("Gemm", ("largest", "outside.weight", "outside.bias"), "outside", BY_ROWS),
)


def with_head(
    eye: OnnxFile,
    lesson: CrossValidatedHead,
    none: DistanceNeuron,
    names: tuple[str, ...],
    none_label: str,
) -> OnnxFile:
    """Put a last layer on the eye, and the neuron that says none of them."""
    head = lesson.head
    weights = {
        "head.weight": head.weight,
        "head.bias": head.bias,
        "outside.weight": np.array([[-none.gain]]),
        "outside.bias": np.array([none.gain * none.threshold]),
    }
    tensors: dict[str, NDArray[Any]] = {
        name: values.astype(np.float32) for name, values in weights.items()
    }
    outputs = {"logits": len(names), "outside": 1, "features": head.weight.shape[1]}
    told = metadata(lesson, names, none_label, eye.metadata)
    return eye.with_outputs(
        NODES, tensors | {"classes.axis": np.array([1])}, outputs
    ).with_metadata(told)


def metadata(
    lesson: CrossValidatedHead, names: tuple[str, ...], none_label: str, eye: Mapping[str, str]
) -> dict[str, str]:
    """Tell with the file what running it needs, and where it comes from.

    eye: what its file tells, which is kept beside. No day is told: the same folder makes the same
    file, whenever that is done.
    """
    licence = {"licence": eye["licence"]} if "licence" in eye else {}
    return licence | {
        "neuropil": "classify",
        "classes": json.dumps(names),
        "temperature": "1.0",
        "outside": none_label,
        "side": str(EYE_SCALE.side),
        "mean": json.dumps(EYE_SCALE.mean),
        "spread": json.dumps(EYE_SCALE.spread),
        "scores": json.dumps({"accuracy": lesson.accuracy}),
        "data": "pictures of the user's own, for the last layer; the rest as the eye tells",
        "command": "neuropil classify-teach",
        "eye": json.dumps(dict(eye), sort_keys=True),
    }
