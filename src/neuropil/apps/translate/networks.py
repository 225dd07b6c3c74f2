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
            "b5925b5caeea9adbd1294d1385549667c930e11273e5d74fa96d8eb13bbe87c6",
            "MIT",
        ),
        READER: NetworkFile(
            HERE,
            "translate-reader-v1.onnx",
            "3fd68947a5ece8316ae7a07d40a50da618ec62cd282fb6c210ed5890fa5b9c6a",
            "MIT",
        ),
        SPELLER: NetworkFile(
            HERE,
            "translate-speller-v1.onnx",
            "f393dc71d630e338ef7427ef16a67401f5dbdeccf48b88cd741239c27ffc35af",
            "MIT",
        ),
        LANGUAGE: language.NETWORK,
        ENCODER: NetworkFile(
            HERE,
            "translate-encoder-v1.onnx",
            "7356c21bc483e6c566781ada3021629f7a8905185aaa275ff354d4a0a8d75df9",
            "MIT",
        ),
        STEP: NetworkFile(
            HERE,
            "translate-step-v1.onnx",
            "099b49646d50ab1e19b4434a0c26f9963cbf9e5d47792869e42b209d79026801",
            "MIT",
        ),
    }
)
