"""Made-up applications, for what no shipped one has yet."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import neuropil.apps
from neuropil import registry

DUB = Path(__file__).parent / "dub"


@contextmanager
def registered(folder: Path = DUB) -> Iterator[None]:
    """Have the application in a folder among those of this process; forget it afterwards."""
    names, place = registry.NAMES, str(folder.parent)
    neuropil.apps.__path__.append(place)
    registry.NAMES = (*names, folder.name)
    try:
        yield
    finally:
        registry.NAMES = names
        neuropil.apps.__path__.remove(place)
        package = f"neuropil.apps.{folder.name}"
        for module in [name for name in sys.modules if f"{name}.".startswith(f"{package}.")]:
            del sys.modules[module]
        vars(neuropil.apps).pop(folder.name, None)
