"""The colorizer's sections of the demonstration."""

import re

from neuropil.apps.colorize import demo
from neuropil.apps.colorize.app import Colorize
from neuropil.apps.colorize.hints import Hint
from neuropil.kit.media.image import Image


class Unchanged(Colorize):  # type: ignore[misc]
    def __call__(self, photo: Image, *, hints: tuple[Hint, ...] = (), **rest: object) -> Image:  # type: ignore[override]
        return photo


def test_the_command_with_hints_names_a_sample() -> None:
    (name,) = re.findall(r"neuropil colorize (\S+) --hint", demo.hints_section(Unchanged()))
    assert (demo.SAMPLES / name).is_file()
