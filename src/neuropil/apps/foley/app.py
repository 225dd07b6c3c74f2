"""The application: a film without sound in, the same with recorded sounds out, and its cue sheet.

    made = Foley()(Film.open("film.mp4"))
    made.film.save("with_sound.mp4"), made.cues.save("with_sound-cues.json")

The same film, libraries and networks give the same sound.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal, final

from neuropil.apps.foley.analysis import AT_CUT, FilmAnalyzer
from neuropil.apps.foley.cueing import CueWriter
from neuropil.apps.foley.cues import DIGITS, CueSheet
from neuropil.apps.foley.exports import Credits, EditList, Labels, Stems, list_credits
from neuropil.apps.foley.indexing import SoundFolder, index_folder, join_libraries
from neuropil.apps.foley.listing import (
    SoundList,
    find_recordings,
    list_recordings,
    take_recording,
)
from neuropil.apps.foley.networks import EYE, NETWORKS, ONSET, SCENE, TAGGER
from neuropil.apps.foley.probe import build_onset_probe, build_scene_probe
from neuropil.apps.foley.sheet import SheetSound, draw_sheet
from neuropil.apps.foley.sound_library import Recording, SoundLibrary
from neuropil.apps.foley.soundtrack import (
    CHANNELS,
    DUCKED_DB,
    RATE,
    Mix,
    Soundtrack,
    name_recordings,
)
from neuropil.contract import App, verb
from neuropil.core.probe import Probe
from neuropil.kit.audio.audio import Audio
from neuropil.kit.audio.audio_reader import has_sound
from neuropil.kit.audio.film_sound import write_soundtrack
from neuropil.kit.errors import UserError
from neuropil.kit.formats import QUALITY
from neuropil.kit.media import film_writer
from neuropil.kit.media.film import Film
from neuropil.kit.media.image import Image
from neuropil.kit.networks.network import NetworkFile
from neuropil.kit.progress import message
from neuropil.kit.ranges import Range

DEFAULT_LIBRARY = Path(__file__).parent / "sounds" / "default.library"
CHANCES = Range(0.05, 0.95)
CUES, TARGETS, RATES = Range(0, 10**6), Range(0, 1), Range(0, 100)
ENDS_APART = 1.0  # seconds that a film may end before its cue sheet
MixMode = Literal["replace", "keep", "duck"]


@dataclass(frozen=True, eq=False)
class SoundFilm:
    """A film with another sound, which is rendered as it is written."""

    KIND: ClassVar = "film"
    SUFFIXES: ClassVar[tuple[str, ...]] = tuple(film_writer.KINDS)

    source: Film
    mix: Mix
    gain_db: float

    def save(self, path: Path | str, *, quality: int = QUALITY) -> None:
        """Write MP4, MOV, MKV or WebM, by the ending of `path`; pictures are copied if they may."""
        blocks = self.mix.blocks(self.gain_db)
        write_soundtrack(
            Path(path), self.source, blocks, rate=RATE, channels=CHANNELS, quality=quality
        )


@dataclass(frozen=True, eq=False)
class FoleyResult:
    """A film with its sound.

    film: with its sound
    cues: what is heard when, to be edited
    credits: whose recordings are heard
    shots, events: how many there are
    loudness: in LUFS; true_peak: in dBTP; both None where nothing is heard
    """

    film: SoundFilm
    cues: CueSheet
    credits: Credits
    shots: int
    events: int
    loudness: float | None
    true_peak: float | None


@dataclass(frozen=True, eq=False)
class RenderedFilm:
    """A film with the sound of a cue sheet.

    film: with its sound
    credits: whose recordings are heard
    labels, edl, stems, sheet: what was asked for
    loudness: in LUFS; true_peak: in dBTP; both None where nothing is heard
    """

    film: SoundFilm
    credits: Credits
    labels: Labels | None
    edl: EditList | None
    stems: Stems | None
    sheet: Image | None
    loudness: float | None
    true_peak: float | None


@dataclass(frozen=True, eq=False)
class IndexedLibrary:
    """A library that was made: how many recordings it holds, and of how many classes."""

    library: SoundLibrary
    recordings: int
    classes: int


@dataclass(frozen=True, eq=False)
class FoundSounds:
    """Recordings of a library, a line for each, and how many they are."""

    sounds: SoundList
    recordings: int


@dataclass(frozen=True, eq=False)
class FoundSound:
    """A recording, its class, whether it is an event or an ambience, and whose it is."""

    audio: Audio
    name: str
    kind: str
    credit: str


@final
class Foley(App):
    """Gives silent films their sound, from recorded sounds."""

    summary = "Give a silent film its sound, from recorded sounds."
    open_example = "neuropil open foley film.mp4 --cue 3"
    networks: ClassVar[Mapping[str, NetworkFile]] = NETWORKS

    @verb(example="neuropil foley film.mp4 -o with_sound.mp4")
    def __call__(
        self,
        film: Film,
        *,
        library: tuple[SoundLibrary, ...] = (),
        threshold: Annotated[float | None, CHANCES] = None,
        mix: MixMode = "replace",
        titles: bool = False,
    ) -> FoleyResult:
        """Give a silent film its sound, from recorded sounds.

        Beside it come a cue sheet, which can be edited and rendered again by foley-render, and the
        credits of the recordings.

        film: a film of up to six hours
        library: recordings to choose from, a file that foley-index has made
        threshold: chance from which on a hit is heard, by default 0.5; lower for more of them
        mix: what becomes of sound that the film has already
        titles: let a page turn at intertitles
        """
        recordings = open_recordings(library)
        writer = CueWriter(recordings, has_titles=titles)
        watcher = self.make_analyzer(threshold)
        shots = watcher.watch(film)
        end = round(max(shot.end for shot in shots), DIGITS)
        sheet = CueSheet(film.path.name, end, writer.write(shots))
        if not any(shot.onsets for shot in shots):
            message(f"{film.path}: {word_silence(watcher.surest)}")
        made = self.mix_film(film, sheet, recordings, mix)
        gain, found = made.find_gain()
        return FoleyResult(
            SoundFilm(film, made, gain),
            sheet,
            list_credits(sheet, made.track.recordings),
            len(shots),
            sum(cue.kind == "event" for cue in sheet.cues),
            none_if_silent(found.integrated),
            none_if_silent(found.true_peak),
        )

    @verb(example="neuropil foley-render film.mp4 with_sound-cues.json -o again.mp4")
    def render(
        self,
        film: Film,
        cues: CueSheet,
        *,
        library: tuple[SoundLibrary, ...] = (),
        mix: MixMode = "replace",
        labels: bool = False,
        edl: bool = False,
        stems: bool = False,
        sheet: bool = False,
    ) -> RenderedFilm:
        """Render a film's sound again from its cue sheet.

        film: the film that the cue sheet is of
        cues: the cue sheet that foley has written, edited or not
        library: recordings that the cues name, a file that foley-index has made
        mix: what becomes of sound that the film has already
        labels: write the cues as a table too, and as labels for Audacity
        edl: write the cues as an edit list too
        stems: write ambience and events apart too, as WAV files
        sheet: draw frames at the cues, the waveform and the spectrogram too
        """
        refuse_longer(cues, film)
        recordings = open_recordings(library)
        made = self.mix_film(film, cues, recordings, mix)
        gain, found = made.find_gain()
        return RenderedFilm(
            SoundFilm(film, made, gain),
            list_credits(cues, made.track.recordings),
            Labels(cues) if labels else None,
            EditList(cues, made.track.recordings, film.fps) if edl else None,
            Stems(made.track, gain) if stems else None,
            draw_sound(film, cues, made, gain) if sheet else None,
            none_if_silent(found.integrated),
            none_if_silent(found.true_peak),
        )

    @verb(example="neuropil foley-index recordings -o mine.library")
    def index(
        self, folder: SoundFolder, *, library: tuple[SoundLibrary, ...] = ()
    ) -> IndexedLibrary:
        """Make a library of your own recordings.

        Each is tagged, its onset found and its loudness measured. A folder named as a class, such
        as dog-bark, tells the class of what lies in it.

        folder: a folder of recordings, and of folders of them
        library: a library whose recordings the new one holds too
        """
        made = join_libraries((index_folder(folder, self.network(TAGGER)), *library))
        classes = {each.name for each in made.recordings}
        return IndexedLibrary(made, len(made.recordings), len(classes))

    @verb(example="neuropil foley-find dog")
    def find(self, word: str, *, library: tuple[SoundLibrary, ...] = ()) -> FoundSounds:
        """List the recordings of a class, a title or an author.

        word: a word of any of these, or of the file's name; ' ' for all recordings
        library: libraries to look into, by default the one that ships
        """
        found = find_recordings(open_recordings(library), word)
        return FoundSounds(list_recordings(found), len(found))

    @verb(example="neuropil foley-sound dog-bark/dog-bark_03.opus -o bark.wav")
    def sound(self, recording: str, *, library: tuple[SoundLibrary, ...] = ()) -> FoundSound:
        """Take a recording out of a library, to be heard.

        recording: name of its file, as cue sheets and foley-find have it
        library: libraries to look into, by default the one that ships
        """
        found = take_recording(open_recordings(library), recording)
        return FoundSound(found.read(), found.name, found.kind, found.credit)

    def probe(
        self,
        film: Film,
        *,
        cue: Annotated[int, CUES] = 0,
        label: Literal["onset", "scene"] = "onset",
        library: tuple[SoundLibrary, ...] = (),
        threshold: Annotated[float | None, CHANCES] = None,
        target: Annotated[float | None, TARGETS] = None,
        rate: Annotated[float, RATES] = 0.01,
    ) -> Probe:
        """Find the neuron behind a sound: why it is heard, and why then.

        film: a film, as foley was given it
        cue: number of a cue of the cue sheet, the first is 0
        label: what is opened: the onset of an event, or the scene that the cue's shot shows; of an
            ambience it is always the scene
        library: a library that foley was given
        threshold: the chance that foley was given
        target: 1 where something should have been heard, 0 where nothing; with it a loss and a
            training step are shown
        rate: learning rate of the training step towards the target
        """
        writer = CueWriter(open_recordings(library))
        shots = self.make_analyzer(threshold).watch(film)
        cues = writer.write(shots)
        if cue >= len(cues):
            there = f"from 0 to {len(cues) - 1}" if cues else "none"
            words = f"cue is {cue}, and the cues of {film.path} are {there}"
            raise UserError("option.range", words, value=cue, high=len(cues) - 1)
        one = cues[cue]
        choice = next((c for c in writer.choices if c.cue.is_same(one)), None)
        if label == "onset" and choice:
            words = f"{one.name} at {one.time:.2f} s ({one.file})"
            return build_onset_probe(
                film, self.network(ONSET), choice.onset, choice.match, words, target, rate
            )
        if target is not None:
            words = "a target is of an onset; leave it out, or open an event with --label onset"
            raise UserError("option.conflict", words, name="target")
        shot = next(s for s in reversed(shots) if s.start <= one.time + AT_CUT)
        eye, head = self.network(EYE), self.network(SCENE)
        return build_scene_probe(film, eye, head, shot.start, shot.end)

    def make_analyzer(self, threshold: float | None = None) -> FilmAnalyzer:
        """Make what takes a film apart: its shots, and the onsets in them."""
        eye, head, onset = (self.network(role) for role in (EYE, SCENE, ONSET))
        return FilmAnalyzer(eye, head, onset, threshold)

    def mix_film(
        self, film: Film, sheet: CueSheet, recordings: Sequence[Recording], mix: MixMode
    ) -> Mix:
        """Prepare the sound of a cue sheet, with that of the film where it stays."""
        track = Soundtrack(sheet, name_recordings(recordings))
        if mix == "replace" or not has_sound(film.path):
            return Mix(track)
        return Mix(track, film.path, DUCKED_DB if mix == "duck" else 0.0)


def open_recordings(libraries: Sequence[SoundLibrary]) -> tuple[Recording, ...]:
    """List the recordings of libraries; where none is named, of the one that ships."""
    if not libraries:
        return SoundLibrary.open(DEFAULT_LIBRARY).recordings
    every = join_libraries(libraries).recordings
    if not every:
        raise UserError("input.empty", "the libraries hold no recording; name another --library")
    for kind, words in (("event", "so no hit is heard"), ("ambience", "so no shot has any")):
        if all(each.kind != kind for each in every):
            message(f"the libraries hold no {kind}, {words}")
    return every


def none_if_silent(level: float) -> float | None:
    """Give None in the place of a level of nothing."""
    return level if math.isfinite(level) else None


def word_silence(surest: float) -> str:
    """Word that nothing is heard, and what lets more be heard; surest: the largest chance."""
    words = "no hit is surely seen in it, so it gets its ambience alone"
    lower = surest - 0.05
    if lower < CHANCES.low:
        return words
    return (
        f"{words}; the likeliest has a chance of {surest:.0%}, type --threshold {lower:.1f} to hear"
        " it"
    )


def refuse_longer(sheet: CueSheet, film: Film) -> None:
    """Raise UserError where a cue sheet goes on after the film has ended; tell another film's."""
    if sheet.film and sheet.film != film.path.name:
        message(f"the cue sheet was made for {sheet.film}, and is rendered for {film.path.name}")
    if film.seconds and sheet.seconds > film.seconds + ENDS_APART:
        words = (
            f"the cue sheet is of a film of {sheet.seconds:.1f} s ({sheet.film}), and {film.path}"
            f" ends at {film.seconds:.1f} s; name the film that it is of"
        )
        raise UserError("input.content", words, path=film.path)


def draw_sound(film: Film, sheet: CueSheet, mix: Mix, gain_db: float) -> Image:
    """Draw frames at the cues, the waveform and the spectrogram."""
    sound = SheetSound(sheet.seconds)
    sound.watch(mix.blocks(gain_db))
    return draw_sheet(film, sheet, sound)
