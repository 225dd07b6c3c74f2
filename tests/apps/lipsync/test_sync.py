"""Sound and lips compared, hearing, cues, adaptation, voices."""

import json
from pathlib import Path

import numpy as np
import pytest
from lipsync_networks import JudgeOfMouth, JudgeOfSound
from refusals import refused

from neuropil.apps.lipsync.adaptation import (
    LearnedMapping,
    Moments,
    close_lips,
    find_rest,
    fit_range,
    learn_mapping,
    rest_in_silence,
)
from neuropil.apps.lipsync.cues import MouthCues, choose_cues, join_steps, score_cues
from neuropil.apps.lipsync.hearing import (
    RATE,
    find_silence,
    hear,
    log_mel_columns,
    loudness,
    mono,
    sample_at,
    step_times,
)
from neuropil.apps.lipsync.lab.data import Word
from neuropil.apps.lipsync.lab.evaluation import (
    best_lag,
    count_closures,
    mouth_motion,
    shift_columns,
    silent_frames,
)
from neuropil.apps.lipsync.library import MouthLibrary
from neuropil.apps.lipsync.phones import CUES, PHONES
from neuropil.apps.lipsync.speech import SpeechReading
from neuropil.apps.lipsync.sync import (
    SyncScore,
    correlate,
    fill_gaps,
    measure_sync,
    overlap_at,
    refine,
)
from neuropil.apps.lipsync.voice import Voice
from neuropil.kit.audio.audio import Audio


def judged(heard: np.ndarray, seen: np.ndarray):  # type: ignore[no-untyped-def]
    sound, mouth = JudgeOfSound(), JudgeOfMouth()

    def hear_directions(given: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        made = sound.run(heard=given)
        return made["direction"], made["opening"]

    return measure_sync(
        hear_directions, lambda given: mouth.run(seen=given)["direction"], heard, seen
    )


def random_steps(n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    smooth = np.convolve(rng.uniform(0, 0.3, n + 8), np.ones(9) / 9, mode="valid")
    return smooth * (1 + 0.3 * rng.standard_normal(n))


def test_a_score_is_worded() -> None:
    assert str(SyncScore(40.2, 0.7, 4.0)) == "sound 40 ms late; correlation 0.70, confidence 4.0"
    assert str(SyncScore(-8.0, 0.7, 4.0)).startswith("sound 8 ms early")
    assert str(SyncScore(None, 0.2, 1.0)).startswith("not sure")


@pytest.mark.parametrize("late", [-12, 0, 7])
def test_the_lag_of_the_sound_is_found(late: int) -> None:
    mouth = random_steps(200)
    heard = np.roll(mouth, late)[:, None].repeat(80, axis=1).astype(np.float32)
    score = judged(heard, np.column_stack([mouth, mouth]))
    assert score.offset_ms == pytest.approx(20 * late, abs=11)
    assert score.correlation > 0.9
    assert score.confidence > 5


def test_strangers_are_not_told_an_offset() -> None:
    heard = random_steps(200, 1)[:, None].repeat(80, axis=1).astype(np.float32)
    mouth = random_steps(200, 2)
    assert judged(heard, np.column_stack([mouth, mouth])).offset_ms is None


def test_a_mouth_that_stands_still_or_is_not_there_says_nothing() -> None:
    heard = random_steps(100)[:, None].repeat(80, axis=1).astype(np.float32)
    for seen in (np.full((100, 2), 0.1), np.full((100, 2), np.nan)):
        score = judged(heard, seen)
        assert (score.offset_ms, score.correlation, score.confidence) == (None, 0.0, 0.0)


def test_gaps_do_not_move_the_offset() -> None:
    mouth = random_steps(200)
    seen = np.column_stack([mouth, mouth])
    seen[40:60] = np.nan
    heard = mouth[:, None].repeat(80, axis=1).astype(np.float32)
    assert judged(heard, seen).offset_ms == pytest.approx(0, abs=11)


def test_gaps_are_filled_in_between() -> None:
    values = np.array([[0.0], [np.nan], [2.0], [np.nan]])
    known = np.array([True, False, True, False])
    assert fill_gaps(values, known).ravel().tolist() == [0, 1, 2, 2]


def test_parts_that_meet() -> None:
    a = np.arange(10)
    for lag in (-3, 0, 4):
        first, second = overlap_at(10, lag)
        assert (a[second] - a[first] == lag).all()
        assert len(a[first]) == 10 - abs(lag)


def test_the_top_of_a_parabola() -> None:
    x = np.arange(5.0)
    assert refine(-((x - 2.3) ** 2), 2) == pytest.approx(0.3)
    assert refine(np.array([3.0, 2, 1]), 0) == 0


# --- hearing -------------------------------------------------------------------------------------


def test_steps_are_where_the_sound_is() -> None:
    samples = np.zeros(RATE, np.float32)
    samples[8000:8320] = np.random.default_rng(0).normal(0, 0.5, 320)  # step 25
    heard = hear(samples)
    assert heard.shape == (50, 80)
    assert heard.mean(axis=1).argmax() == 25
    assert step_times(50)[25] == pytest.approx(0.51)
    assert np.flatnonzero(loudness(samples, 50)).tolist() == [24, 25, 26]


def test_loudness_and_equalizers_do_not_matter() -> None:
    rng = np.random.default_rng(0)
    samples = (rng.normal(0, 0.1, RATE) * np.repeat(rng.random(20), RATE // 20)).astype(np.float32)
    assert hear(samples * 0.1) == pytest.approx(hear(samples), abs=0.05)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_any_rate_is_heard(rate: int) -> None:
    times = np.arange(rate) / rate
    tone = np.sin(2 * np.pi * 440 * times).astype(np.float32)
    samples = mono(Audio(np.column_stack([tone, tone]), rate))
    assert len(samples) == pytest.approx(RATE, abs=40)
    bands = log_mel_columns(samples)[20:80].mean(axis=0)
    assert 5 <= bands.argmax() <= 8


def test_what_is_known_at_steps_is_interpolated() -> None:
    values = np.arange(10.0)[:, None]
    assert sample_at(np.array([0.01, 0.04, 9.0]), values).ravel().tolist() == [0, 1.5, 9]


# --- cues ----------------------------------------------------------------------------------------


def phones_of(names: list[str]) -> np.ndarray:
    logits = np.full((len(names), len(PHONES)), -5.0, np.float32)
    for k, name in enumerate(names):
        logits[k, PHONES.index(name)] = 5
    return logits


def test_cues_of_phones_without_flicker() -> None:
    names = ["_"] * 5 + ["m"] * 5 + ["A"] * 5 + ["_"] * 5
    path = choose_cues(score_cues(phones_of(names), np.zeros(20, bool)))
    assert "".join(CUES[k] for k in path) == "XXXXXAAAAADDDDDXXXXX"
    weak = phones_of(["A"] * 20)
    weak[9] = 0
    weak[9, PHONES.index("f")] = 1.0
    assert {CUES[k] for k in choose_cues(score_cues(weak, np.zeros(20, bool)))} == {"D"}


def test_silence_is_rest_whatever_the_network_says() -> None:
    path = choose_cues(score_cues(phones_of(["A"] * 10), np.ones(10, bool)))
    assert {CUES[k] for k in path} == {"X"}


def test_no_cue_is_shorter_than_a_frame() -> None:
    cues = join_steps([8, 8, 0, 8, 8, 3, 1, 1, 1], 0.18)
    assert [(cue.value, cue.start) for cue in cues] == [("X", 0.0), ("B", 0.12)]


def test_a_series_that_does_not_change_correlates_with_nothing() -> None:
    flat = np.full(60, 0.1, np.float32) + np.float32(1e-9)
    assert correlate(flat, np.arange(60.0)) == 0.0
    assert correlate(np.arange(60.0), np.arange(60.0)) == pytest.approx(1)


def test_silence_and_sound_that_cancels_out() -> None:
    tone = np.sin(np.arange(16_000) / 9).astype(np.float32)
    both = Audio(np.stack([tone, -tone], axis=1), 16_000)
    assert np.square(mono(both)).mean() == pytest.approx(0.5, rel=0.01)
    assert not mono(Audio(np.ones((1600, 1), np.float32), 16_000)).any()
    quiet = np.concatenate([tone, np.zeros(16_000, np.float32)]) * np.float32(1e-3)
    silent = find_silence(quiet, 100)
    assert not silent[:49].any()
    assert silent[52:].all()
    assert find_silence(np.zeros(3200, np.float32), 10).all()


@pytest.fixture
def sheet() -> MouthCues:
    return MouthCues(tuple(join_steps([8] * 5 + [0] * 10, 0.31)))


def test_a_sheet_is_written_as_json_tsv_and_xml(sheet: MouthCues, tmp_path: Path) -> None:
    for suffix in sheet.SUFFIXES:
        sheet.save(tmp_path / f"cues{suffix}")
    said = json.loads((tmp_path / "cues.json").read_text(encoding="utf-8"))
    assert said["mouthCues"] == [
        {"start": 0.0, "end": 0.1, "value": "X"},
        {"start": 0.1, "end": 0.31, "value": "A"},
    ]
    table = (tmp_path / "cues.tsv").read_text(encoding="utf-8")
    assert table == "0.00\tX\n0.10\tA\n0.31\tX\n"
    assert '<mouthCue start="0.10" end="0.31">A</mouthCue>' in (tmp_path / "cues.xml").read_text(
        encoding="utf-8"
    )
    with refused("output.ending", ".json"):
        sheet.save(tmp_path / "cues.txt")


# --- adaptation ----------------------------------------------------------------------------------


def test_the_range_of_a_person_is_taken() -> None:
    rng = np.random.default_rng(0)
    said, seen = rng.normal(0, 0.02, (400, 10)), rng.normal(0, 0.03, (300, 10))
    said[:, 0], seen[:, 0] = rng.uniform(0, 0.2, 400), rng.uniform(0.05, 0.25, 300)
    wanted = fit_range(said, seen)
    assert np.percentile(wanted[:, 0], [5, 95]) == pytest.approx(
        np.percentile(seen[:, 0], [5, 95]), abs=0.02
    )
    assert wanted[:, 3].std() == pytest.approx(seen[:, 3].std(), rel=0.01)
    closed = said.copy()
    closed[:10, 0] = -0.01
    assert fit_range(closed, seen)[:10, 0] == pytest.approx(np.percentile(seen[:, 0], 5))


def test_the_mouth_rests_in_silence_without_a_jump() -> None:
    mouths = np.ones((60, 10))
    silent = np.zeros(60, bool)
    silent[20:40] = True
    calm = rest_in_silence(mouths, silent, np.zeros(10))
    assert calm[30] == pytest.approx(np.zeros(10))
    assert calm[5] == pytest.approx(np.ones(10))
    assert np.abs(np.diff(calm[:, 0])).max() < 0.35


def test_rest_is_the_closed_mouth() -> None:
    mouths = np.zeros((100, 10))
    mouths[:, 0] = np.linspace(0, 0.3, 100)
    mouths[:20, 4] = 7
    assert find_rest(mouths)[0] < 0.03
    assert find_rest(mouths)[4] == 7


def reading_of(hidden: np.ndarray) -> SpeechReading:
    n = len(hidden)
    return SpeechReading(
        np.zeros((n, 80), np.float32),
        np.zeros((n, 10)),
        np.zeros((n, 41), np.float32),
        hidden.astype(np.float32),
        np.zeros(n, bool),
    )


def test_a_linear_mouth_is_learned() -> None:
    rng = np.random.default_rng(0)
    hidden = np.cumsum(rng.normal(0, 0.1, (3000, 6)), axis=0)
    mouths = hidden @ rng.normal(0, 1, (6, 10)) + 50  # above zero, as openings are
    mapping = learn_mapping([reading_of(hidden)], [step_times(3000)], [mouths])
    off = mapping.apply(reading_of(hidden)) - mouths
    assert off.std() < 0.05 * mouths.std()


def test_a_mapping_of_noise_is_held_back() -> None:
    rng = np.random.default_rng(1)
    hidden, mouths = rng.normal(0, 1, (600, 6)), rng.normal(0, 1, (600, 10)) + 9
    mapping = learn_mapping([reading_of(hidden)], [step_times(600)], [mouths])
    said = mapping.apply(reading_of(hidden))
    assert said.std(axis=0).max() < 0.3  # of noise, little can be learned


def test_moments_measure_what_a_mapping_misses() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.normal(0, 1, (90, 4)), rng.normal(3, 2, (90, 10))
    whole = Moments.of(x[:40], y[:40]) + Moments.of(x[40:], y[40:])
    mapping = whole.fit(0.1)
    off = y - (x @ mapping.weights + mapping.intercept)
    share = (off**2).sum(axis=0) / ((y - y.mean(axis=0)) ** 2).sum(axis=0)
    assert whole.measure(mapping) == pytest.approx(share.mean())


def test_a_mapping_of_other_cells_is_refused() -> None:
    mapping = LearnedMapping(np.ones((7, 10)), np.zeros(10))
    with refused("network.mismatch", "learn it again", "lipsync-learn"):
        mapping.apply(reading_of(np.zeros((5, 6))))


# --- voices --------------------------------------------------------------------------------------


def a_voice() -> Voice:
    library = MouthLibrary(
        (b"one", b"three"),
        np.zeros((2, 68, 2), np.float32),
        np.array([4, 5]),
        np.ones((2, 192), np.float32),
        np.full((2, 3), 4.5, np.float32),
    )
    mapping = LearnedMapping(np.ones((7, 10)), np.arange(10.0))
    return Voice(library, np.full((2, 10), 0.25), mapping)


def test_a_voice_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.voice"
    a_voice().save(path)
    again = Voice.open(path)
    assert again.library.crops == (b"one", b"three")
    assert again.library.frames.tolist() == [4, 5]
    assert (again.mouths == 0.25).all()
    assert (again.library.lights == 4.5).all()
    assert again.mapping is not None
    assert again.mapping.intercept.tolist() == list(range(10))
    Voice(a_voice().library, a_voice().mouths, None).save(tmp_path / "b.voice")
    assert Voice.open(tmp_path / "b.voice").mapping is None


def test_voices_of_the_version_without_lights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.voice"
    a_voice().save(path)
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files if name != "lights"}
    for version, code, words in ((1, "input.kind", "another version"), (2, "input.damaged", "")):
        with path.open("wb") as beside:
            np.savez(beside, **{**arrays, "version": np.array(version)})
        with refused(code, "old.voice", words, "lipsync-learn"):
            Voice.open(path)


def test_voices_that_are_damaged_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.voice"
    a_voice().save(path)
    whole = path.read_bytes()
    for spoilt in (whole[: len(whole) // 2], b"nothing like it"):
        path.write_bytes(spoilt)
        with refused("input.damaged", "a.voice", "lipsync-learn"):
            Voice.open(path)
    with refused("input.missing", "none.voice"):
        Voice.open(tmp_path / "none.voice")
    changes = {"points": np.zeros((3, 68, 2)), "ends": np.array([9, 3]), "mouths": np.ones((2, 9))}
    for name, array in changes.items():
        a_voice().save(path)
        with np.load(path) as file:
            arrays = dict(file)
        with path.open("wb") as beside:
            np.savez(beside, **{**arrays, name: array})
        with refused("input.damaged", "damaged voice"):
            Voice.open(path)
    with path.open("wb") as beside:
        np.savez(beside, **{**arrays, "version": np.array(9)})
    with refused("input.kind", "another version"):
        Voice.open(path)


# --- evaluation ----------------------------------------------------------------------------------


def test_closures_are_seen_found_and_false() -> None:
    words = [Word("sil", 0, 0.4), Word("bin", 0.4, 1.0), Word("red", 1.0, 2.0), Word("sil", 2, 3)]
    seen = np.full(75, 0.1)
    seen[10:12] = 0.0  # at 0.4 s
    said = np.full(75, 0.1)
    said[11] = 0.01
    counted = count_closures(seen[None], said[None], [words], 0.05)
    assert (counted.seen, counted.found, counted.predicted, counted.false) == (1, 1, 1, 0)
    said[11], said[35] = 0.1, 0.01
    counted = count_closures(seen[None], said[None], [words], 0.05)
    assert (counted.seen, counted.found, counted.predicted, counted.false) == (1, 0, 1, 1)


def test_pauses_are_away_from_words() -> None:
    words = [Word("sil", 0, 1), Word("bin", 1, 2), Word("sil", 2, 3)]
    silent = silent_frames(words, 75)
    assert silent[:22].all()
    assert not silent[24:52].any()
    assert silent[54:].all()


def test_motion_is_a_frame_and_an_eye_distance() -> None:
    from lipsync_data import face_points

    points = np.stack([face_points() for _ in range(6)])
    points[3:, 48:] += np.array([4.0, 0])
    motion = mouth_motion(points, np.ones(6, bool))
    assert motion == pytest.approx([0, 0, 0.1, 0, 0], abs=0.002)


@pytest.mark.parametrize("frames", [3, -2])
def test_a_sound_that_is_moved_comes_later(frames: int) -> None:
    columns = np.random.default_rng(0).normal(0, 1, (300, 40)).astype(np.float32)
    moved = shift_columns(columns, frames)
    assert moved.shape == columns.shape
    n = 4 * frames
    if n > 0:
        assert np.array_equal(moved[n:], columns[:-n])
    else:
        assert np.array_equal(moved[:n], columns[-n:])


@pytest.mark.parametrize("lag", [-3, 0, 5])
def test_the_best_lag_is_found(lag: int) -> None:
    said = random_steps(100)
    seen = np.roll(said, lag)
    seen[20] = np.nan
    assert best_lag(seen, said) == lag


def test_lips_close_as_far_as_p_b_or_m_is_heard() -> None:
    mouths, rest = np.full((2, 10), 0.3), np.zeros(10)
    chances = np.zeros((2, len(PHONES)))
    chances[0, PHONES.index("m")] = chances[1, PHONES.index("A")] = 1
    chances[1, PHONES.index("p")] = 0.5
    closed = close_lips(mouths, chances, rest)
    assert closed[0] == pytest.approx(rest)
    assert closed[1] == pytest.approx(mouths[1] / 2)
