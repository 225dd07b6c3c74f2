"""The networks of the application, by role."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from neuropil.eye import network as eye
from neuropil.kit.networks.network import NetworkFile

EYE, SCENE, ONSET, TAGGER = "eye", "scene", "onset", "tagger"
WEIGHTS = Path(__file__).parent / "weights"
NETWORKS: Mapping[str, NetworkFile] = MappingProxyType(
    {
        TAGGER: NetworkFile(
            WEIGHTS,
            "foley-tagger-v1.onnx",
            "cf863092068f884500df3c94f51e83280d2b9cc3e7fc8f3720a3c238401eb893",
            "MIT",
        ),
        SCENE: NetworkFile(
            WEIGHTS,
            "foley-scene-v1.onnx",
            "10e1addc32dc2eb346234eb59d333de707da7858d35961d44f003f6483a11728",
            "MIT",
        ),
        ONSET: NetworkFile(
            WEIGHTS,
            "foley-onset-v1.onnx",
            "065eaca3547a1f59b0ba4b3b0e01ec880ca645772207786acd42540c01eba91f",
            "MIT",
        ),
        EYE: eye.NETWORK,
    }
)
