"""The networks of the application that are there already, by role."""

from types import MappingProxyType

from neuropil.apps.translate import language

NETWORKS = MappingProxyType({"language": language.NETWORK})
