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
            "3d4c90c092f88cfcff5305f2ea43b6d93a3bb043fe276537d1e587b7c1dbdf85",
            "MIT",
        ),
        EYE: eye.NETWORK,
    }
)
