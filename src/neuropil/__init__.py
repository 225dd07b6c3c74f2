"""Neuropil: small networks that do a job on an ordinary computer and show their work.

from neuropil import colorize, Image

colorize(Image.open("old.jpg")).save("new.jpg")
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuropil.apps.classify.infer import Classify
    from neuropil.apps.colorize.infer import Colorize
    from neuropil.apps.drive.infer import Drive
    from neuropil.apps.handwrite.infer import Handwrite
    from neuropil.apps.neuron.infer import Neuron
    from neuropil.kit.album import Album
    from neuropil.kit.film import Film
    from neuropil.kit.image import Image

    classify: Classify
    colorize: Colorize
    drive: Drive
    handwrite: Handwrite
    neuron: Neuron

__version__ = "0.1.0"
__all__ = [
    "Album",
    "Film",
    "Image",
    "__version__",
    "classify",
    "colorize",
    "drive",
    "handwrite",
    "neuron",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that importing the package costs nothing."""
    value = globals()[name] = _public(name)
    return value


def __dir__() -> list[str]:
    return __all__


def _public(name: str) -> Any:
    if name == "Image":
        from neuropil.kit.image import Image

        return Image
    if name == "Album":
        from neuropil.kit.album import Album

        return Album
    if name == "Film":
        from neuropil.kit.film import Film

        return Film
    from neuropil.registry import NAMES, load_app

    if name in NAMES:
        return load_app(name)
    raise AttributeError(f"neuropil has no {name}; it has {', '.join(__all__)}")
