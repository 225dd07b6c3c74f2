"""Made-up applications, for what no shipped one has yet."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import neuropil.apps
from neuropil import registry


@contextmanager
def registered() -> Iterator[None]:
    """Have `dub` among the applications of this process."""
    names, folder = registry.NAMES, str(Path(__file__).parent)
    neuropil.apps.__path__.append(folder)
    registry.NAMES = (*names, "dub")
    try:
        yield
    finally:
        registry.NAMES = names
        neuropil.apps.__path__.remove(folder)
