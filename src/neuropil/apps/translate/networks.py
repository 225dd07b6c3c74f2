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
            "72d430ba62eb7327323fab33d2083eee2e7e3614a9fc6ee67afc5046a32ce920",
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
            "85c9182f6ff8b693aac123a80e6e00fd1e4de666fdfe3d1ae4773e23d327976a",
            "MIT",
        ),
        STEP: NetworkFile(
            HERE,
            "translate-step-v1.onnx",
            "564c5bf9b09bf466f7a962c8b99930a31e73386942e1f572a41271ec6545e87b",
            "MIT",
        ),
    }
)
