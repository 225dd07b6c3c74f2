"""Neuropil: small networks that do a job on an ordinary computer and show their work.

    from neuropil import colorize, Image

    colorize(Image.open("old.jpg")).save("new.jpg")

Public are the applications, the media and values that their calls take, and the one error that
says what a person can mend.
"""

import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuropil.apps.classify.app import Classify
    from neuropil.apps.classify.photo_folder import PhotoFolder
    from neuropil.apps.classify.prediction import ClassName
    from neuropil.apps.colorize.app import Colorize
    from neuropil.apps.colorize.hints import Hint
    from neuropil.apps.colorize.probe import At, RgbColor
    from neuropil.apps.drive.app import Drive
    from neuropil.apps.foley.app import Foley
    from neuropil.apps.foley.cues import CueSheet
    from neuropil.apps.foley.indexing import SoundFolder
    from neuropil.apps.foley.sound_library import SoundLibrary
    from neuropil.apps.handwrite.app import Handwrite, StrokeFile
    from neuropil.apps.handwrite.styles import Style
    from neuropil.apps.lipsync.app import Lipsync
    from neuropil.apps.lipsync.voice import Voice
    from neuropil.apps.neuron.app import Neuron
    from neuropil.apps.neuron.arguments import ActivationName, Vector, WeightMatrix
    from neuropil.apps.translate.app import Translate
    from neuropil.apps.translate.corrections import Corrections
    from neuropil.kit.audio.audio import Audio
    from neuropil.kit.errors import UserError
    from neuropil.kit.media.film import Film
    from neuropil.kit.media.image import Image
    from neuropil.kit.media.image_folder import ImageFolder

    classify: Classify
    colorize: Colorize
    drive: Drive
    foley: Foley
    handwrite: Handwrite
    lipsync: Lipsync
    neuron: Neuron
    translate: Translate

__version__ = "0.1.0"
__all__ = [
    "ActivationName",
    "At",
    "Audio",
    "ClassName",
    "Corrections",
    "CueSheet",
    "Film",
    "Hint",
    "Image",
    "ImageFolder",
    "PhotoFolder",
    "RgbColor",
    "SoundFolder",
    "SoundLibrary",
    "StrokeFile",
    "Style",
    "UserError",
    "Vector",
    "Voice",
    "WeightMatrix",
    "__version__",
    "classify",
    "colorize",
    "drive",
    "foley",
    "handwrite",
    "lipsync",
    "neuron",
    "translate",
]
HOMES: Mapping[str, str] = MappingProxyType(  # modules of the public names, but the applications'
    {
        "ActivationName": "apps.neuron.arguments",
        "At": "apps.colorize.probe",
        "Audio": "kit.audio.audio",
        "ClassName": "apps.classify.prediction",
        "Corrections": "apps.translate.corrections",
        "CueSheet": "apps.foley.cues",
        "Film": "kit.media.film",
        "Hint": "apps.colorize.hints",
        "Image": "kit.media.image",
        "ImageFolder": "kit.media.image_folder",
        "PhotoFolder": "apps.classify.photo_folder",
        "RgbColor": "apps.colorize.probe",
        "SoundFolder": "apps.foley.indexing",
        "SoundLibrary": "apps.foley.sound_library",
        "StrokeFile": "apps.handwrite.app",
        "Style": "apps.handwrite.styles",
        "UserError": "kit.errors",
        "Vector": "apps.neuron.arguments",
        "Voice": "apps.lipsync.voice",
        "WeightMatrix": "apps.neuron.arguments",
    }
)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that importing the package costs nothing."""
    value = globals()[name] = _public(name)
    return value


def __dir__() -> list[str]:
    return __all__


def _public(name: str) -> Any:
    if name in HOMES:
        return getattr(importlib.import_module(f"neuropil.{HOMES[name]}"), name)
    from neuropil.registry import NAMES, load_app

    if name in NAMES:
        return load_app(name)
    raise AttributeError(f"neuropil has no {name}; it has {', '.join(__all__)}")
