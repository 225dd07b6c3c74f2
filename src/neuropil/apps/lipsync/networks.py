"""The networks of the application by role: which are needed, and which are there already."""

from collections.abc import Mapping
from types import MappingProxyType

from neuropil.kit.networks.network import NetworkFile

FINDER, LANDMARKS, SPEECH = "finder", "landmarks", "speech"
SPEECH_UNSEEN = "speech-unseen"  # run by the benchmark alone
JUDGE_SOUND, JUDGE_MOUTH = "judge-sound", "judge-mouth"
ROLES = (FINDER, LANDMARKS, SPEECH, JUDGE_SOUND, JUDGE_MOUTH)  # that it will have

NETWORKS: Mapping[str, NetworkFile] = MappingProxyType({})
