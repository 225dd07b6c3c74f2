"""Lips that move to speech, as sections of the page that `neuropil demo` makes: a drawn face.

The face is drawn and the voice is a machine's, so nobody's likeness or voice is shown.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from neuropil.apps.lipsync.app import DubResult, Lipsync
from neuropil.apps.lipsync.preprocess import Pixels
from neuropil.core.probe import Probe
from neuropil.kit.audio.audio import Audio
from neuropil.kit.html.page import Section, figure, paragraph, row, table, video
from neuropil.kit.media.film import Film
from neuropil.kit.media.image import Image

SAMPLES = Path(__file__).parents[2] / "samples"
MOMENT = 1.24  # seconds, of the speech
EXAMPLE_COMMAND = f"From how open the mouth is down to the sound: speech.opus --time {MOMENT}"
EVERY = 4  # frames between those that are shown side by side
SHOWN = 10


def sections() -> list[Section]:
    """Dub the drawn face, and list the cues of the speech."""
    app = Lipsync()
    speech = Audio.open(SAMPLES / "speech.opus")
    with TemporaryDirectory() as folder:
        made = app(Film.open(SAMPLES / "person.mp4"), speech)
        made.film.save(Path(folder, "dubbed.mp4"))
        body = (
            paragraph(
                "A face that was drawn, and a voice that a machine speaks. Each mouth is a frame of"
                " the film in which the face says something else; an LSTM has said from the sound"
                " which one. `neuropil lipsync person.mp4 speech.opus -o new.mp4` Only of people"
                " who agree to it."
            )
            + video(Path(folder, "dubbed.mp4"), f"how lips and sound fit: {made.sync}")
            + row(figure(Image(pixels), "") for pixels in pick_mouths(made))
        )
    cues = app.cues(speech).cues
    rows = [(f"{cue.start:.2f}", f"{cue.end:.2f}", cue.value) for cue in cues]
    return [Section("Lips that move to speech", body + table(("from, s", "to", "mouth"), rows))]


def example_probe() -> Probe:
    """Open the mouth at one moment of the speech."""
    return Lipsync().probe(Audio.open(SAMPLES / "speech.opus"), time=MOMENT)


def pick_mouths(made: DubResult) -> list[Pixels]:
    """Take some frames of the film, the part around the mouth."""
    frames = [frame.pixels for frame in made.film.frames()][::EVERY][:SHOWN]
    height, width, _ = frames[0].shape
    return [f[height // 3 : height * 4 // 5, width // 3 : width * 2 // 3] for f in frames]
