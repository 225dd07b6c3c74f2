"""The verbs, with networks that know the answer and a drawn face."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from lipsync_data import RATE, speak
from lipsync_networks import known_faces, random_mouth, write_person
from refusals import refused

from neuropil.apps.lipsync import app as app_module
from neuropil.apps.lipsync.app import Lipsync, is_speech
from neuropil.apps.lipsync.dubbing import NO_MOUTH
from neuropil.apps.lipsync.library import encode
from neuropil.apps.lipsync.speech import SpeechReading
from neuropil.apps.lipsync.sync import SyncScore
from neuropil.apps.lipsync.voice import Voice
from neuropil.kit.audio.audio import Audio
from neuropil.kit.media.film import Film
from neuropil.kit.progress import report_to

OPENINGS = random_mouth(50)


@pytest.fixture
def person(tmp_path: Path) -> Film:
    return Film.open(write_person(tmp_path / "the person.mp4", OPENINGS))


@pytest.fixture
def lipsync(monkeypatch: pytest.MonkeyPatch) -> Lipsync:  # type: ignore[misc]
    monkeypatch.setattr(
        app_module, "find_points", lambda pixels, matrix, run: (measured_points(pixels), 1.0)
    )
    with known_faces(monkeypatch, OPENINGS) as made:
        yield made


def measured_points(pixels: np.ndarray) -> np.ndarray:
    """Find how open a drawn mouth is by counting its dark pixels."""
    from lipsync_data import face_points
    from lipsync_networks import CENTER

    dark = (pixels[90:160, 90:150].astype(int).sum(axis=2) < 150).sum()
    return face_points(float(dark) / 1000, 40.0, CENTER)


def talk(n: int, seed: int = 9) -> Audio:
    return Audio(speak(random_mouth(n, seed))[:, None], RATE)


def test_the_film_is_kept_whole_and_gets_the_new_sound(
    lipsync: Lipsync, person: Film, tmp_path: Path
) -> None:
    speech = talk(50)
    made = lipsync(person, speech)
    made.film.save(tmp_path / "new film.mp4")
    again = Film.open(tmp_path / "new film.mp4")
    times = [frame.time for frame in again.frames()]
    assert times == [Fraction(k, 25) for k in range(50)]
    assert made.frames == 50
    assert made.frames_without_face == 0
    heard = Audio.open(tmp_path / "new film.mp4").resample(RATE).mix_down()
    n = min(len(heard), len(speech.samples))
    lags = [
        np.corrcoef(heard[800 + k : n - 800 + k], speech.samples[800 : n - 800, 0])[0, 1]
        for k in (-160, 0, 160)
    ]
    assert int(np.argmax(lags)) == 1
    assert lags[1] > 0.95


def test_lips_move_to_the_new_sound(lipsync: Lipsync, person: Film) -> None:
    speech = talk(50)
    made = lipsync(person, speech, unmarked=True)
    plan = made.film.plan
    chosen = OPENINGS[made.film.library.frames[plan.mouths]]
    loud = np.abs(speech.samples[:, 0]).reshape(50, -1).mean(axis=1)
    assert np.corrcoef(chosen, loud)[0, 1] > 0.5
    frames = [frame.pixels for frame in made.film.frames()]
    own = [frame.pixels for frame in person.frames()]
    assert len(frames) == 50
    assert np.abs(frames[25].astype(int) - own[25])[:60].max() <= 1  # above the nose


def test_speech_that_is_longer_plays_the_film_forth_and_back(
    lipsync: Lipsync, person: Film
) -> None:
    made = lipsync(person, talk(120))
    assert made.frames == 120
    steps = np.abs(np.diff(made.film.plan.order))
    assert steps.max() <= 1
    assert made.film.plan.times[-1] == Fraction(119, 25)
    assert sum(1 for _ in made.film.frames()) == 120


def test_speech_that_is_shorter_leaves_the_lips_at_rest(lipsync: Lipsync, person: Film) -> None:
    made = lipsync(person, talk(20))
    assert made.frames == 50
    chosen = OPENINGS[made.film.library.frames[made.film.plan.mouths]]
    assert chosen[26:].max() < 0.06


def test_frames_without_a_face_pass_untouched_and_are_counted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gone = frozenset((*range(6), 30))
    person = Film.open(write_person(tmp_path / "p.mp4", OPENINGS, without_face=gone))
    monkeypatch.setattr(
        app_module, "find_points", lambda pixels, matrix, run: (measured_points(pixels), 1.0)
    )
    with known_faces(monkeypatch, OPENINGS, gone) as lipsync:
        made = lipsync(person, talk(50), unmarked=True)
    assert made.frames_without_face == 7
    assert np.flatnonzero(made.film.plan.mouths == NO_MOUTH).tolist() == sorted(gone)
    pairs = zip(made.film.frames(), person.frames(), strict=True)
    for number, (mine, theirs) in enumerate(pairs):
        assert (number not in gone) or np.array_equal(mine.pixels, theirs.pixels)


def test_times_of_29_97_do_not_drift(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fps = Fraction(30000, 1001)
    person = Film.open(write_person(tmp_path / "p.mp4", OPENINGS, fps))
    monkeypatch.setattr(
        app_module, "find_points", lambda pixels, matrix, run: (measured_points(pixels), 1.0)
    )
    with known_faces(monkeypatch, OPENINGS) as lipsync:
        made = lipsync(person, talk(75))
    made.film.save(tmp_path / "new.mp4")
    times = [frame.time for frame in Film.open(tmp_path / "new.mp4").frames()]
    assert len(times) == 90
    assert [round(float(t * fps), 6) for t in times] == list(range(90))


class Listener:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def at(self, title: str, done: int, total: int | None) -> None:
        pass

    def say(self, line: str) -> None:
        self.lines.append(line)

    def ask(self) -> None:
        pass


@pytest.mark.parametrize("samples", [np.zeros((RATE * 2, 1)), np.full((RATE * 2, 1), 1e-5)])
def test_silence_keeps_the_mouth_closed_and_is_said(
    lipsync: Lipsync, person: Film, samples: np.ndarray
) -> None:
    listener = Listener()
    with report_to(listener):
        made = lipsync(person, Audio(samples.astype(np.float32), RATE))
    assert any("no speech is heard" in line for line in listener.lines)
    assert OPENINGS[made.film.library.frames[made.film.plan.mouths]].max() < 0.05


def test_the_judge_has_no_part_in_the_film(lipsync: Lipsync, person: Film, tmp_path: Path) -> None:
    """With noise in its place pictures and sound are the same, bit for bit."""

    class Noise:
        def run(self, **feeds: np.ndarray) -> dict[str, np.ndarray]:
            (given,) = feeds.values()
            rng = np.random.default_rng(1)
            shape = (1, 2, given.shape[2])
            direction = rng.standard_normal(shape).astype(np.float32)
            return {"direction": direction, "opening": direction[:, :1]}

    scores: list[SyncScore] = []
    for name in ("a.mp4", "b.mp4"):
        made = lipsync(person, talk(50))
        made.film.save(tmp_path / name)
        scores.append(made.sync)
        lipsync._open |= {"judge-sound": Noise(), "judge-mouth": Noise()}  # type: ignore[dict-item]
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    assert scores[0] != scores[1]


def test_the_file_says_that_it_is_synthetic_and_the_pictures_too(
    lipsync: Lipsync, person: Film, tmp_path: Path
) -> None:
    made = lipsync(person, talk(50))
    made.film.save(tmp_path / "new.mp4")
    said = json.loads(Film.open(tmp_path / "new.mp4").metadata["comment"])
    assert said["actions"][0]["digitalSourceType"] == "compositeSynthetic"
    assert said["ingredients"][0]["title"] == "the person.mp4"
    plain = lipsync(person, talk(50), unmarked=True)
    a, b = (next(iter(each.film.frames())).pixels for each in (made, plain))
    assert not np.array_equal(a, b)
    assert plain.film.notes == made.film.notes
    again = lipsync(Film.open(tmp_path / "new.mp4"), talk(50))
    kept = json.loads(again.film.notes["comment"])["comment_before"]
    assert json.loads(kept)["ingredients"] == said["ingredients"]


def test_the_offset_of_a_film_is_measured(lipsync: Lipsync, tmp_path: Path) -> None:
    late = np.concatenate([np.zeros(5), OPENINGS])[:50]
    film = Film.open(write_person(tmp_path / "late.mp4", OPENINGS))
    made = lipsync.measure(film)
    assert made.offset_ms == pytest.approx(0, abs=25)
    assert made.frames == 50
    sound = Audio.open(write_person(tmp_path / "sound.mp4", late))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app_module, "open_sound", lambda film: sound)
        found = lipsync.measure(film)
    assert found.offset_ms == pytest.approx(200, abs=25)


def test_a_voice_is_learned_kept_and_used(
    lipsync: Lipsync, person: Film, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with refused("input.content", "the person.mp4", "2.0 s", "from 10 s"):
        lipsync.learn(person)
    monkeypatch.setattr(app_module, "SECONDS_TO_LEARN", (1, 3600))
    learned = lipsync.learn(person)
    assert learned.seconds == 2
    assert learned.mouths == 50
    learned.voice.save(tmp_path / "ada.voice")
    voice = Voice.open(tmp_path / "ada.voice")
    made = lipsync(person, talk(50), voice=voice)
    assert made.frames == 50


def test_a_voice_of_another_face_is_refused(
    lipsync: Lipsync, person: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_module, "SECONDS_TO_LEARN", (1, 3600))
    voice = lipsync.learn(person).voice
    noise = np.random.default_rng(0).integers(0, 255, (90, 90, 3), np.uint8)
    other = replace(voice.library, crops=(encode(noise),) * len(voice.library))
    with refused("input.content", "the person.mp4", "another face", "lipsync-learn"):
        lipsync(person, talk(50), voice=replace(voice, library=other))
    yellow = replace(voice.library, lights=voice.library.lights + np.array([1, 0, -2], np.float32))
    assert lipsync(person, talk(50), voice=replace(voice, library=yellow)).frames == 50


def test_a_face_whose_lips_never_part_is_told_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    openings = np.full(12, 0.1)
    person = Film.open(write_person(tmp_path / "still.mp4", openings))
    monkeypatch.setattr(
        app_module, "find_points", lambda pixels, matrix, run: (measured_points(pixels), 1.0)
    )
    listener = Listener()
    with known_faces(monkeypatch, openings) as lipsync, report_to(listener):
        lipsync(person, talk(12))
    assert any("too few mouths" in line for line in listener.lines)


def test_what_can_not_be_used_is_refused(
    lipsync: Lipsync, person: Film, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = Film.open(write_person(tmp_path / "silent.mp4", OPENINGS, sound=False))
    for verb in (lipsync.learn, lipsync.measure):
        with refused("input.content", "silent.mp4", "no sound"):
            verb(silent)
    assert lipsync(silent, talk(50)).original_sync is None
    with refused("option.range", "--face 3", "1 face"):
        lipsync(person, talk(50), face=3)
    with refused("input.empty", "tenth of a second"):
        lipsync(person, Audio(np.zeros((100, 1), np.float32), RATE))


def test_a_film_without_a_face_a_small_one_and_a_profile(
    lipsync: Lipsync, person: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = vars(app_module)["look_through"]

    def change(points: np.ndarray | None):  # type: ignore[no-untyped-def]
        from neuropil.apps.lipsync.survey import Survey
        from neuropil.apps.lipsync.tracking import FaceTrack

        times = whole(person, None, None).times
        found = [] if points is None else [FaceTrack(points, np.ones(50, bool))]
        monkeypatch.setattr(app_module, "look_through", lambda *_: Survey(found, times))

    from lipsync_data import face_points

    change(None)
    with refused("input.content", "no face", "50 frames"):
        lipsync(person, talk(50))
    change(np.stack([face_points(0.1, 20.0)] * 50))
    with refused("input.content", "44 pixels wide", "60"):
        lipsync(person, talk(50))
    turned = np.stack([face_points(0.1, 60.0)] * 50)
    turned[:, 30, 0] += 40
    change(turned)
    with refused("input.content", "from the side"):
        lipsync(person, talk(50))


def test_cues_follow_the_sound(lipsync: Lipsync) -> None:
    quiet, loud = np.zeros(25), np.full(25, 0.2)
    speech = Audio(speak(np.concatenate([quiet, loud, quiet]))[:, None], RATE)
    sheet = lipsync.cues(speech)
    assert [cue.value for cue in sheet.cues] == ["X", "D", "X"]
    assert sheet.cues[1].start == pytest.approx(1, abs=0.06)
    assert sheet.seconds == 3


def test_speech_is_told_from_what_is_none() -> None:
    def say(phones: np.ndarray) -> SpeechReading:
        nothing = np.zeros((100, 10), np.float32)
        mouths = nothing.astype(np.float64)
        return SpeechReading(nothing, mouths, phones, nothing, np.zeros(100, bool))

    sure = np.zeros((100, 41), np.float32)
    sure[np.arange(100), np.arange(100) % 41] = 9
    assert is_speech(say(sure))
    assert not is_speech(say(np.zeros((100, 41), np.float32)))
