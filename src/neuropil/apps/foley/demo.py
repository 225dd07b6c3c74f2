"""A silent film with sound, as sections of the page that `neuropil demo` makes."""

from pathlib import Path
from tempfile import TemporaryDirectory

from neuropil.apps.foley.app import Foley, FoleyResult
from neuropil.apps.foley.cues import Cue
from neuropil.core.probe import Probe
from neuropil.kit.html.page import Section, figure, paragraph, table, video
from neuropil.kit.media.film import Film

SAMPLES = Path(__file__).parents[2] / "samples"
HORSE = SAMPLES / "horse.mp4"  # Eadweard Muybridge, The Horse in Motion, 1878
THRESHOLD = 0.4  # ten photographs move less surely than a film does
EXAMPLE_COMMAND = (
    f"From the sound of a hoof down to the pixels: horse.mp4 --threshold {THRESHOLD} --cue 1"
)
MOST_CUES = 12  # that the table lists


def sections() -> list[Section]:
    """Show the film with its sound, its cue sheet and its spectrogram."""
    film = Film.open(HORSE)
    app = Foley()
    made = app(film, threshold=THRESHOLD)
    sheet = app.render(film, made.cues, sheet=True).sheet
    assert sheet, "it was asked for"
    with TemporaryDirectory() as folder:
        made.film.save(Path(folder, "horse.mp4"))
        shown = video(Path(folder, "horse.mp4"), "The Horse in Motion, Eadweard Muybridge, 1878")
    words = (
        "Recorded sounds, laid where something is seen to hit. `neuropil foley horse.mp4"
        f" --threshold {THRESHOLD}` The cue sheet beside the film can be edited, and"
        " `neuropil foley-render` renders it again."
    )
    picture = figure(sheet, "frames at the cues, the waveform, the spectrogram")
    body = paragraph(words) + shown + picture + list_cues(made)
    return [Section("A silent film gets its sound", body)]


def list_cues(made: FoleyResult) -> str:
    """List the first cues, and what could be heard in their place."""
    rows = [
        (f"{c.time:.2f} s", c.kind, c.name, f"{c.gain_db:+.1f} dB", f"{c.pan:+.2f}", others(c))
        for c in made.cues.cues[:MOST_CUES]
    ]
    return table(("time", "kind", "class", "gain", "pan", "or else"), rows)


def others(cue: Cue) -> str:
    """Name the classes of a cue's candidates."""
    return ", ".join(dict.fromkeys(candidate.name for candidate in cue.candidates))


def example_probe() -> Probe:
    """Choose the neuron that the page opens: the onset of the first event."""
    return Foley().probe(Film.open(HORSE), cue=1, threshold=THRESHOLD)
