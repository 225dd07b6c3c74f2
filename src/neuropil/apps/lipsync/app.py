"""The application: a film and speech in, the same film with lips that move to the speech out.

    made = Lipsync()(Film.open("person.mp4"), Audio.open("speech.wav"))
    made.film.save(Path("new.mp4"))
    made.sync.offset_ms, made.sync.correlation

The same film, speech and networks give the same film.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Annotated, ClassVar, Literal, final

import numpy as np

from neuropil.apps.lipsync.adaptation import (
    close_lips,
    find_rest,
    fit_range,
    learn_mapping,
    rest_in_silence,
)
from neuropil.apps.lipsync.cues import MouthCues, find_cues
from neuropil.apps.lipsync.dubbing import (
    NO_MOUTH,
    SHAPE_WEIGHTS,
    DubbedFilm,
    DubPlan,
    make_shelf,
    plan_dub,
    plan_order,
)
from neuropil.apps.lipsync.hearing import RATE, STEPS_PER_SECOND, mono, sample_at
from neuropil.apps.lipsync.landmarks import find_points
from neuropil.apps.lipsync.library import MouthLibrary, poses
from neuropil.apps.lipsync.likeness import require_likeness
from neuropil.apps.lipsync.mark import describe_origin
from neuropil.apps.lipsync.networks import (
    FINDER,
    JUDGE_MOUTH,
    JUDGE_SOUND,
    LANDMARKS,
    NETWORKS,
    SPEECH,
)
from neuropil.apps.lipsync.phones import PAUSE, PHONES
from neuropil.apps.lipsync.preprocess import Floats, map_of_points
from neuropil.apps.lipsync.probe import RetrievalTerms, build_probe, replay_to
from neuropil.apps.lipsync.retrieval import Shelf, Targets
from neuropil.apps.lipsync.shapes import FEATURES, Numbers
from neuropil.apps.lipsync.speech import SpeechReading, read_speech
from neuropil.apps.lipsync.survey import (
    Judge,
    Survey,
    choose_face,
    cut_mouths,
    judge_film,
    look_through,
    measure_mouths,
    order_by_size,
    require_face,
    require_usable,
    spread_out,
    tell_of_few,
)
from neuropil.apps.lipsync.sync import SyncScore
from neuropil.apps.lipsync.tracking import FaceTrack
from neuropil.apps.lipsync.voice import Voice
from neuropil.contract import App, verb
from neuropil.core.probe import Probe
from neuropil.kit.audio.audio import Audio
from neuropil.kit.errors import UserError
from neuropil.kit.media.film import Film
from neuropil.kit.networks.network import NetworkFile
from neuropil.kit.progress import message, track
from neuropil.kit.ranges import Range

FACE, TIME = Range(1, 6), Range(0, 3600)
LEAST_SPEECH = 0.05  # share of the steps that have to be speech
MOST_ENTROPY = 2.0  # nats of the phones of a step, on average: music and noise have more
SECONDS_TO_LEARN = (10, 3600)  # of film with the face in it: at least, at most


@dataclass(frozen=True)
class DubResult:
    """What was made.

    sync: how lips and sound of the new film fit, measured by networks that had no part in it
    original_sync: the same of the film as it was; None where it has no sound
    frames, frames_without_face: how many there are, and how many passed untouched
    """

    film: DubbedFilm
    sync: SyncScore
    original_sync: SyncScore | None
    frames: int
    frames_without_face: int


@dataclass(frozen=True)
class LearnedVoice:
    """A person's mouths, how many seconds they were learned from, how many mouths are kept.

    sync: how lips and sound of the film fit
    """

    voice: Voice
    seconds: float
    mouths: int
    sync: SyncScore


@dataclass(frozen=True)
class SyncMeasurement:
    """How lips and sound of a film fit.

    offset_ms: by how much the sound comes late; None where that is not sure
    """

    offset_ms: float | None
    correlation: float
    confidence: float
    frames: int
    frames_without_face: int

    def __str__(self) -> str:
        """Word it in a line."""
        score = SyncScore(self.offset_ms, self.correlation, self.confidence)
        return f"{score}; {self.frames} frames, {self.frames_without_face} without a face"


@dataclass(frozen=True, eq=False)
class FoundFace:
    """A film that was looked through, and the face in it."""

    survey: Survey
    face: FaceTrack


@dataclass(frozen=True, eq=False)
class Dub:
    """What was planned for a film: which mouths, out of what, for what was wanted, when.

    wanted: (F, 10), the mouths that speech asks for; times: (F,), the middle of each frame
    lights: (F, 3), the light on the face
    """

    found: FoundFace
    plan: DubPlan
    library: MouthLibrary
    shelf: Shelf
    wanted: Numbers
    times: Numbers
    lights: Numbers


@final
class Lipsync(App):
    """Moves a face's lips to speech, with real mouth frames of the same person."""

    summary = "Move a face's lips to speech."
    open_example = "neuropil open lipsync speech.wav --time 1.24 --person person.mp4"
    networks: ClassVar[Mapping[str, NetworkFile]] = NETWORKS

    @verb(example="neuropil lipsync person.mp4 speech.wav -o new.mp4")
    def __call__(
        self,
        person: Film,
        speech: Audio,
        *,
        voice: Voice | None = None,
        face: Annotated[int | None, FACE] = None,
        unmarked: bool = False,
    ) -> DubResult:
        """Move a face's lips to speech, with the same person's mouths.

        Only of people who have agreed. Each mouth is a frame of the film itself, or of what was
        learned. The new film says on its pictures and in its file that it is synthetic.

        person: a film of someone who faces the camera
        speech: a recording, or another film, whose sound is taken
        voice: what neuropil lipsync-learn has learned of this person
        face: number of the face, the largest is 1; by default the one that speaks
        unmarked: leave out the mark on the pictures; what the file says stays
        """
        own = open_sound(person)
        dub = self._plan(person, speech, voice, self._find_face(person, own, face))
        notes = describe_origin(person, speech, metadata.version("neuropil"))
        film = DubbedFilm(person, dub.plan, dub.library, speech, notes, mark=not unmarked)
        before = self._judge_track(own, dub.found, person) if own else None
        after = self._judge_made(film, speech, dub.times)
        plan = dub.plan
        return DubResult(film, after, before, len(plan.times), plan.n_without_face)

    @verb(example="neuropil lipsync-learn person.mp4 -o person.voice")
    def learn(self, person: Film, *, face: Annotated[int | None, FACE] = None) -> LearnedVoice:
        """Learn how sound moves a person's mouth, from a film.

        person: a film of 10 seconds to an hour, half a minute or more is better, in which the
            person speaks, with its own sound
        face: number of the face, the largest is 1; by default the one that speaks
        """
        own = open_sound(person)
        if own is None:
            words = f"{person.path} has no sound to learn from; name a film with its own sound"
            raise UserError("input.content", words, path=person.path)
        return self.learn_from(person, own, face)

    def learn_from(self, person: Film, own: Audio, face: int | None = None) -> LearnedVoice:
        """Learn from a film and the sound that goes with it."""
        found = self._find_face(person, own, face)
        chosen = found.face
        library = cut_mouths(person, chosen)
        times = frame_middles(found.survey, person)[chosen.is_there]
        mouths = measure_mouths(chosen.points[chosen.is_there])
        require_seconds(person, len(times) / float(person.fps))
        sync = self._judge_track(own, found, person)
        if sync.offset_ms is None:
            message(
                "lips and sound of the film don't seem to fit, so little can be learned of them"
            )
        mapping = learn_mapping([self.read(own)], [times], [mouths])
        kept = measure_mouths(library.points.astype(np.float64))
        voice = Voice(library, kept, mapping)
        return LearnedVoice(voice, len(times) / float(person.fps), len(library), sync)

    @verb(example="neuropil lipsync-cues speech.wav -o cues.json")
    def cues(self, speech: Audio) -> MouthCues:
        """Find mouth-shape cues for animators, nine mouths.

        They are those of Preston Blair, by the names that Rhubarb Lip Sync writes.

        speech: a recording in any language
        """
        reading = self.read(speech)
        if not is_speech(reading):
            message("no speech is heard, so the mouth stays at rest")
            return find_cues(reading.phones, np.ones_like(reading.is_silent), speech.seconds)
        return find_cues(reading.phones, reading.is_silent, speech.seconds)

    @verb(example="neuropil lipsync-measure film.mp4 --json")
    def measure(self, film: Film, *, face: Annotated[int | None, FACE] = None) -> SyncMeasurement:
        """Measure how the lips and the sound of a film fit.

        film: a film with a face that speaks
        face: number of the face, the largest is 1; by default the one that speaks
        """
        own = open_sound(film)
        if own is None:
            words = f"{film.path} has no sound; name a film with sound"
            raise UserError("input.content", words, path=film.path)
        found = self._find_face(film, own, face)
        score = self._judge_track(own, found, film)
        n = found.survey.n_frames
        without = n - int(found.face.is_there.sum())
        return SyncMeasurement(score.offset_ms, score.correlation, score.confidence, n, without)

    def probe(
        self,
        speech: Audio,
        *,
        time: Annotated[float, TIME] = 1.0,
        label: Literal["opening", "width", "shape1", "shape2"] = "opening",
        person: Film | None = None,
    ) -> Probe:
        """Find the neuron behind the mouth at one moment of speech.

        speech: a recording, or a film, whose sound is taken
        time: the moment, in seconds
        label: the number of the mouth that is opened
        person: a film whose lips move to the speech; what its mouth at that moment cost is told
        """
        reading = self.read(speech)
        moment = int(time * STEPS_PER_SECOND)
        if moment >= len(reading.mouths):
            words = f"time is {time:g} s, and the sound is {speech.seconds:.2f} s long"
            raise UserError("option.range", words, name="time", value=time)
        retrieved = self._explain_mouth(person, speech, time) if person else None
        network = self.network(SPEECH)
        return build_probe(network, replay_to(network, reading.heard, moment), label, retrieved)

    # --- networks --------------------------------------------------------------------------------

    def run_finder(self, picture: Floats) -> Floats:
        """Give the maps (1, 5, h, w) of a picture (1, 3, H, W)."""
        return self.network(FINDER).run(picture=picture)["maps"]

    def run_points(self, crop: Floats) -> tuple[Floats, Floats]:
        """Give points (B, 136) and logits (B, 1) of crops (B, 1, 128, 128)."""
        made = self.network(LANDMARKS).run(crop=crop)
        return made["points"], made["face"]

    def _survey(self, film: Film) -> Survey:
        survey = look_through(film, self.run_finder, self.run_points)
        return Survey(order_by_size(survey.tracks), survey.times)

    def read(self, sound: Audio) -> SpeechReading:
        """Read speech; raises UserError where there is next to no sound."""
        samples = mono(sound)
        if len(samples) < RATE // 10:
            words = f"the speech is {sound.seconds:.2f} s long; a tenth of a second is needed"
            raise UserError("input.empty", words)
        return read_speech(self.network(SPEECH), samples)

    def _choose(self, survey: Survey, own: Audio | None, number: int | None) -> FaceTrack:
        """Choose the face by its number, or the one that speaks."""
        if number is not None:
            return survey.tracks[number - 1]
        if own is None or len(survey.tracks) < 2:
            return survey.tracks[0]
        seen = [
            spread_out(measure_mouths(t.points[t.is_there])[:, :1], t)[:, 0] for t in survey.tracks
        ]
        times = np.array([float(time) for time in survey.times])
        said = self.read(own).at(times)[:, 0]
        return survey.tracks[choose_face(survey.tracks, seen, said)]

    def _find_face(self, film: Film, own: Audio | None, number: int | None) -> FoundFace:
        """Look through a film for a face that can be used; raises UserError where there is none."""
        survey = self._survey(film)
        require_face(film, survey, number)
        chosen = self._choose(survey, own, number)
        require_usable(film, chosen)
        return FoundFace(survey, chosen)

    def _plan(self, person: Film, speech: Audio, voice: Voice | None, found: FoundFace) -> Dub:
        """Choose a mouth for every frame."""
        own = cut_mouths(person, found.face)
        library, mouths = collect_mouths(person, own, voice)
        order = plan_order(person, found.face, found.survey.times, speech.seconds)
        reading = self.read(speech)
        mapping = voice.mapping if voice else None
        said = mapping.apply(reading) if mapping else reading.mouths
        asked = ask_for_mouths(reading, said, mouths, is_learned=mapping is not None)
        times = order.middles(person.fps)
        wanted = at_frames(asked, times, mouths)
        shelf, lights = make_shelf(library, mouths), own.lights_at(order.frames)
        plan = plan_dub(found.face, order, wanted, shelf, lights)
        return Dub(found, plan, library, shelf, wanted, times, lights)

    def _explain_mouth(self, person: Film, speech: Audio, time: float) -> RetrievalTerms | None:
        """Tell what the mouth that was set in at a moment cost; None where no face was there."""
        dub = self._plan(person, speech, None, self._find_face(person, open_sound(person), None))
        frame = int(np.searchsorted(dub.times, time).clip(0, len(dub.times) - 1))
        mouth = int(dub.plan.mouths[frame])
        if mouth == NO_MOUTH:
            return None
        shown = dub.plan.points[frame][None]
        wanted = dub.wanted[frame][None] * np.array(SHAPE_WEIGHTS)
        targets = Targets(wanted, poses(shown), dub.lights[frame][None])
        (terms,) = dub.shelf.match_terms(targets, 0, np.array([mouth]))
        return RetrievalTerms(
            int(dub.library.frames[mouth]),
            (*FEATURES, "roll", "turn", "nod", "red", "green", "blue"),
            tuple(terms.tolist()),
            tuple(dub.shelf.weights.tolist()),
        )

    # --- judging ---------------------------------------------------------------------------------

    @property
    def judge(self) -> Judge:
        """Give the networks that measure how sound and lips fit."""

        def hear_directions(heard: Floats) -> tuple[Floats, Floats]:
            made = self.network(JUDGE_SOUND).run(heard=heard)
            return made["direction"], made["opening"]

        def see_directions(seen: Floats) -> Floats:
            return self.network(JUDGE_MOUTH).run(seen=seen)["direction"]

        return Judge(hear_directions, see_directions)

    def _judge_track(self, sound: Audio, found: FoundFace, film: Film) -> SyncScore:
        """Judge a film as it is."""
        face = found.face
        seen = spread_out(measure_mouths(face.points[face.is_there])[:, :2], face)
        return judge_film(self.judge, sound, seen, frame_middles(found.survey, film))

    def _judge_made(self, film: DubbedFilm, speech: Audio, times: Numbers) -> SyncScore:
        """Judge the film that was made, by where the landmarks lie in its finished pictures."""
        found, numbers = [], []
        frames = track(film.frames(), total=len(times), title="finished frames")
        for number, frame in enumerate(frames):
            if np.isfinite(film.plan.points[number]).all():
                matrix = map_of_points(film.plan.points[number])
                found.append(find_points(frame.pixels, matrix, self.run_points)[0])
                numbers.append(number)
        seen = np.full((len(times), 2), np.nan)
        if found:
            seen[numbers] = measure_mouths(np.stack(found))[:, :2]
        return judge_film(self.judge, speech, seen, times)


def collect_mouths(
    person: Film, own: MouthLibrary, voice: Voice | None
) -> tuple[MouthLibrary, Numbers]:
    """Take the mouths of a voice, or those of the film itself, and what they show."""
    if voice is not None:
        require_likeness(person, own, voice.library)
        return voice.library, voice.mouths
    mouths = measure_mouths(own.points.astype(np.float64))
    tell_of_few(mouths)
    return own, mouths


def open_sound(film: Film) -> Audio | None:
    """Take the sound of a film; None where it has none."""
    return Audio.open(film.path) if Audio.recognize(film.path) else None


def require_seconds(film: Film, seconds: float) -> None:
    """Raise UserError where a face is there for too short or too long a time to learn from."""
    least, most = SECONDS_TO_LEARN
    if not least <= seconds <= most:
        words = (
            f"{film.path} shows the face for {seconds:.1f} s; from {least} seconds to"
            f" {most // 60} minutes can be learned from, half a minute or more is better"
        )
        raise UserError("input.content", words, path=film.path, value=seconds)


def frame_middles(survey: Survey, film: Film) -> Numbers:
    """Give the middle of each frame of a film, in seconds."""
    return np.array([float(time) for time in survey.times]) + 0.5 / float(film.fps)


def ask_for_mouths(
    reading: SpeechReading, said: Numbers, seen: Numbers, *, is_learned: bool
) -> Numbers:
    """Ask for the mouths (T, 10) of a recording, in a person's range; at rest where none speaks.

    said: (T, 10), what the network or a learned mapping says
    seen: (N, 10), the mouths of the person
    """
    rest = find_rest(seen)
    if not is_speech(reading):
        message("no speech is heard, so the mouth stays closed")
        return np.broadcast_to(rest, said.shape)
    wanted = said if is_learned else fit_range(said, seen)
    return rest_in_silence(close_lips(wanted, reading.chances, rest), reading.is_silent, rest)


def is_speech(reading: SpeechReading) -> bool:
    """Tell speech from silence, noise and music: enough phones, and sure enough ones."""
    chances = reading.chances
    spoken = (chances.argmax(axis=1) != PHONES.index(PAUSE)) & ~reading.is_silent
    if spoken.mean() < LEAST_SPEECH:
        return False
    entropy = -(chances * np.log(np.maximum(chances, 1e-9))).sum(axis=1)
    return bool(entropy[~reading.is_silent].mean() <= MOST_ENTROPY)


def at_frames(wanted: Numbers, times: Numbers, seen: Numbers) -> Numbers:
    """Take mouths of steps (T, 10) at moments (F,); at rest behind the end of the speech."""
    made = sample_at(times, wanted)
    made[times > len(wanted) / STEPS_PER_SECOND] = find_rest(seen)
    return made
