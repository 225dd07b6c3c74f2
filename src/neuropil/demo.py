"""One page with every application at work on the package's own samples.

neuropil demo -o demo
"""

from pathlib import Path

from neuropil import registry
from neuropil.kit.atomic import written
from neuropil.kit.page import page
from neuropil.kit.problem import Problem
from neuropil.kit.progress import say

TITLE = "Neuropil: small networks at work"


def make(folder: Path) -> Path:
    """Run all applications on samples and write `index.html` into the folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Problem(f"{folder} can't be made: {error.strerror}; name another by -o") from error
    sections = []
    for name in registry.NAMES:
        say(f"{name}: {registry.summary(name)}")
        sections += registry.demonstration(name).sections()
    with written(folder / "index.html") as path:
        path.write_text(page(TITLE, sections), encoding="utf-8")
    return folder / "index.html"
