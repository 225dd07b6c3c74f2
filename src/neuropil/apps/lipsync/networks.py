"""The networks of the application, by role."""

from pathlib import Path
from types import MappingProxyType

from neuropil.kit.networks.network import NetworkFile

FINDER, LANDMARKS, SPEECH = "finder", "landmarks", "speech"
JUDGE_SOUND, JUDGE_MOUTH = "judge-sound", "judge-mouth"
SPEECH_UNSEEN = "speech-unseen"  # run by the benchmark alone
HERE = Path(__file__).parent / "weights"
NETWORKS = MappingProxyType(
    {
        FINDER: NetworkFile(
            HERE,
            "lipsync-finder-v1.onnx",
            "1ced8f04ee33afd554949e97d82e1b37b4b8cf8cba3ec1c37b87d8af79ebc49a",
            "research, non-commercial (YouTube Faces, BSDS)",
        ),
        LANDMARKS: NetworkFile(
            HERE,
            "lipsync-landmarks-v1.onnx",
            "e6be814da6ba4292bbb4bcd37f95eb5b3f51fb5a6aa0536cf9aeef0366a15d9d",
            "research, non-commercial (YouTube Faces; GRID)",
        ),
        SPEECH: NetworkFile(
            HERE,
            "lipsync-speech-v1.onnx",
            "97f31e72f9d741d4282351344bd7eba03b9434821dac11d2faaca44cf84c885e",
            "research (GRID)",
        ),
        JUDGE_SOUND: NetworkFile(
            HERE,
            "lipsync-judge-sound-v1.onnx",
            "8751f9e7bdb661d7c6805d48f0bba1381cea89c7be4153509e17310f5a648880",
            "research (GRID)",
        ),
        JUDGE_MOUTH: NetworkFile(
            HERE,
            "lipsync-judge-mouth-v1.onnx",
            "08ada215b455726581e9767c81ea32a04a2c973ee30e0aab7cd75db2854ac236",
            "research (GRID)",
        ),
        SPEECH_UNSEEN: NetworkFile(
            HERE,
            "lipsync-speech-unseen-v1.onnx",
            "8cca3a21a4009958b39ef3d9d1b23936cffb58f8d0224544de216466bf4f6f30",
            "research (GRID)",
        ),
    }
)
