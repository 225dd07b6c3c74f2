"""A letter, the twelve named hands, and a step of the pen opened: for the demo's page."""

from neuropil.apps.handwrite.app import Handwrite, HandwritingResult
from neuropil.apps.handwrite.styles import Style, shipped_styles
from neuropil.core.probe import Probe
from neuropil.kit.html.page import Section, figure, paragraph, row

LETTER = (
    "Dear Ada,\n"
    "what the engine weaves is no longer only numbers: this page was written by a small network, "
    "point by point, and a second one read every line before it was sent.\n"
    "Yours, Neuropil"
)
PANGRAM = "Sphinx of black quartz, judge my vow!"
NUMBERS = "on 12 May 1908 at 10:30, for 47 guests"
STEP = 57
EXAMPLE_COMMAND = f'From a step of the pen down to the LSTM: "Dear Ada," --step {STEP}'
DOTS = 6.0  # pixels a mm
TRIES = 8  # of a line: a look at twelve hands is to take seconds


def sections() -> list[Section]:
    """Write a letter, and a line or two in every style."""
    app = Handwrite()
    letter = write_sample(app, LETTER, seed=3)
    lines = [
        (name, write_sample(app, f"{PANGRAM}\n{NUMBERS}", Style.parse(name)))
        for name in shipped_styles()["named"]
    ]
    return [
        Section(
            "Writing by hand",
            paragraph(
                "A recurrent network moves the pen; another reads what it wrote, and lines that it "
                f"can't read are written again ({letter.retried_lines} came out better here). "
                '`neuropil handwrite "Dear Ada," -o letter.svg`'
            )
            + row([figure(letter.drawing.image(dots=DOTS), f"style {letter.style}")]),
        ),
        Section(
            "Twelve hands",
            paragraph(
                "Each is a vector of 48 numbers. `--style NAME`, `--style random`, or your own."
            )
            + row([figure(done.drawing.image(dots=DOTS / 2), name) for name, done in lines]),
        ),
    ]


def example_probe() -> Probe:
    """Open a step of the pen."""
    return Handwrite().probe("Dear Ada,", step=STEP)


def write_sample(
    app: Handwrite, words: str, style: Style | None = None, seed: int = 0
) -> HandwritingResult:
    """Write on paper that is a little larger than the writing."""
    return app(words, style=style, seed=seed, tries=TRIES)
