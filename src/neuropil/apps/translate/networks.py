"""The networks of the application, by role."""

from pathlib import Path
from types import MappingProxyType

from neuropil.apps.translate import language
from neuropil.eye.network import NETWORK as EYE_NETWORK
from neuropil.kit.networks.network import NetworkFile

EYE, DETECTOR, READER, SPELLER = "eye", "detector", "reader", "speller"
LANGUAGE, ENCODER, STEP = "language", "encoder", "step"
HERE = Path(__file__).parent / "weights"
NETWORKS = MappingProxyType(
    {
        EYE: EYE_NETWORK,
        DETECTOR: NetworkFile(
            HERE,
            "translate-detector-v1.onnx",
            "f032c18f46509c7de60e0a3c8f34074f5476dcc3d281564dbf7ba826a8cace2f",
            "MIT",
        ),
        READER: NetworkFile(
            HERE,
            "translate-reader-v1.onnx",
            "a9eb5cf4aedc06b03fee28323032d52e88f5790b385e4f1c7de2dbe271fa8ea6",
            "MIT",
        ),
        SPELLER: NetworkFile(
            HERE,
            "translate-speller-v1.onnx",
            "5789c908392a9b25b891da778d53e58a70713606a62b187287c604f125333d7e",
            "MIT",
        ),
        LANGUAGE: language.NETWORK,
        ENCODER: NetworkFile(
            HERE,
            "translate-encoder-v1.onnx",
            "b9474707bf82d1c4065e6987e2fbb5354906c17ee91fd0459a8fedbbf6c5b6c1",
            "MIT",
        ),
        STEP: NetworkFile(
            HERE,
            "translate-step-v1.onnx",
            "cf37715814314143a799568d03f66cb8cd11cf0076324c0294e8e54b7c6a8059",
            "MIT",
        ),
    }
)
