"""The networks of the application that are there already, by role."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from neuropil.eye import network as eye
from neuropil.kit.networks.network import NetworkFile

EYE, SCENE, ONSET, TAGGER = "eye", "scene", "onset", "tagger"
ROLES = (EYE, SCENE, ONSET, TAGGER)  # that it will have
WEIGHTS = Path(__file__).parent / "weights"
NETWORKS: Mapping[str, NetworkFile] = MappingProxyType(
    {
        EYE: eye.NETWORK,
        SCENE: NetworkFile(
            WEIGHTS,
            "foley-scene-v1.onnx",
            "10e1addc32dc2eb346234eb59d333de707da7858d35961d44f003f6483a11728",
            "MIT",
        ),
    }
)
