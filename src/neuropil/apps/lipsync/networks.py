"""The networks of the application that are there already, by role."""

from collections.abc import Mapping
from types import MappingProxyType

from neuropil.kit.networks.network import NetworkFile

NETWORKS: Mapping[str, NetworkFile] = MappingProxyType({})
