"""The menu of 1944, read and translated, and a letter of it opened: for the demo's page."""

from pathlib import Path

from neuropil.apps.translate.app import Translate
from neuropil.core.probe import Probe
from neuropil.kit.html.page import Section, before_after, paragraph, table
from neuropil.kit.media.image import Image

MENU = Path(__file__).parents[2] / "samples" / "menu.webp"
LINE, LETTER = 0, 0
EXAMPLE_COMMAND = f"From a letter that was read down to the pixels: menu.webp --line {LINE}"


def sections() -> list[Section]:
    """Translate the menu, and list what was read."""
    photo = Image.open(MENU)
    done = Translate()(photo, to="en")
    rows = [(block.text, block.kept or block.translation) for block in done.blocks]
    return [
        Section(
            "The text of a picture in another language",
            paragraph(
                "A menu of April 1944, in French. One network finds the lines, another reads them,"
                " a third translates; the new text is set where the old one stood."
                " `neuropil translate menu.webp --to en`"
            )
            + before_after(photo, done.picture, "before, and after")
            + table(("read", "translated, or why not"), rows),
        )
    ]


def example_probe() -> Probe:
    """Open a letter of the menu."""
    return Translate().probe(Image.open(MENU), line=LINE, letter=LETTER)
