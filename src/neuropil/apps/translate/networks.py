"""The networks of the application that are there already, by role."""

from types import MappingProxyType

from neuropil.apps.translate import language

EYE, DETECTOR, READER = "eye", "detector", "reader"
LANGUAGE, ENCODER, STEP = "language", "encoder", "step"
ROLES = (EYE, DETECTOR, READER, LANGUAGE, ENCODER, STEP)  # that it will have
NETWORKS = MappingProxyType({LANGUAGE: language.NETWORK})
