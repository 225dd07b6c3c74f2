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
            "8c5acffb04834240cf49d0957001537a6659637a12ce95e35d0e5752c004e740",
            "MIT",
        ),
        READER: NetworkFile(
            HERE,
            "translate-reader-v1.onnx",
            "1d23696d72082a2d495457df393a93d1e699cdf1be574bb2a2fba9dfe4aaa7b0",
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
            "3dc5ab9a5d8447581a915997285dbc3ad43a483e1e610de42c3944c965884c3a",
            "MIT",
        ),
        STEP: NetworkFile(
            HERE,
            "translate-step-v1.onnx",
            "b03622379d2e3c0e726184fb2a9c1f6e9da88a86d1ba1ade4c3c91f1650ebd30",
            "MIT",
        ),
    }
)
