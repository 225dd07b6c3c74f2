"""The networks of the application that are there already, by role."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from neuropil.eye.network import NETWORK as EYE
from neuropil.kit.networks.network import NetworkFile

WEIGHTS = Path(__file__).parent / "weights"
NETWORKS: Mapping[str, NetworkFile] = MappingProxyType(
    {
        "eye": EYE,
        "scene": NetworkFile(
            WEIGHTS,
            "foley-scene-v1.onnx",
            "10e1addc32dc2eb346234eb59d333de707da7858d35961d44f003f6483a11728",
            "MIT",
        ),
    }
)
