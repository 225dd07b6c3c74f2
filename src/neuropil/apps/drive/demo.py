"""The driver, as sections of the page that `neuropil demo` makes: a film that the package keeps.

Without the simulator nothing is driven here; what the film keeps of its drive is read from it.
"""

from pathlib import Path

from neuropil.apps.drive.render import FPS
from neuropil.apps.drive.replay import controls_at, read_logs
from neuropil.kit.html.page import Section, paragraph, row, table, video
from neuropil.kit.media.film import Film

SAMPLE = Path(__file__).with_name("drive.mp4")
EVERY = 50  # steps between the rows of the table


def sections() -> list[Section]:
    """Show the film, and what was done in it."""
    (tape,) = read_logs(Film.open(SAMPLE))
    steps = range(0, len(tape.controls), EVERY)
    rows = [
        (f"{n / FPS:.0f} s", *(f"{v:+.3f}" for v in (c.steer, c.gas, c.brake)))
        for n in steps
        for c in (controls_at(tape, n),)
    ]
    words = (
        "A network of five convolutions sees what you see on the left, 96 × 96 pixels of it, and "
        "says how to steer, 50 times a second. Violet is what it looks at. The film keeps the "
        f"track's seed, {tape.seed}, and all controls, so that the drive can be driven again "
        "exactly, and any decision opened (the extra [drive] brings the simulator): "
        "`neuropil open drive src/neuropil/apps/drive/drive.mp4 --frame 120`"
    )
    shown = video(SAMPLE, "The first seconds of a drive in Gymnasium's CarRacing-v3")
    return [
        Section(
            "A car that steers itself",
            paragraph(words) + row([shown, table(("at", "steering", "gas", "brake"), rows)]),
        )
    ]
