"""The networks of the application by role: which are needed, and which are there already."""

from collections.abc import Mapping
from types import MappingProxyType

from neuropil.kit.networks.network import NetworkFile

FINDER, LANDMARKS, SPEECH = "finder", "landmarks", "speech"
SPEECH_UNSEEN = "speech-unseen"  # run by the benchmark alone
JUDGE_SOUND, JUDGE_MOUTH = "judge-sound", "judge-mouth"
NEEDED = (FINDER, LANDMARKS, SPEECH, JUDGE_SOUND, JUDGE_MOUTH)  # before there is a command

NETWORKS: Mapping[str, NetworkFile] = MappingProxyType({})
