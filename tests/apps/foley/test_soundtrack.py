"""The soundtrack: hits at their moments, loops without a seam, -23 LUFS, the same each time."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from foley_data import RATE, click, cue, make_library, noise, recording, save_recording, sheet
from refusals import refused

from neuropil.apps.foley.sound_library import Recording
from neuropil.apps.foley.soundtrack import (
    FADE,
    Mix,
    Soundtrack,
    find_level,
    name_recordings,
    rearrange,
)
from neuropil.kit.audio.audio import Audio
from neuropil.kit.audio.loudness import measure_blocks


@pytest.fixture
def known(tmp_path: Path) -> dict[str, Recording]:
    return name_recordings(make_library(tmp_path / "sounds").recordings)


def render(track: Soundtrack) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.concatenate(list(track.blocks()))


def test_the_attack_lies_at_the_hit(tmp_path: Path) -> None:
    late = recording(save_recording(tmp_path / "a.wav", click(0.5, at=0.2)), "hit-wood", onset=0.2)
    track = Soundtrack(sheet(cue("hit-wood", 1.5, file="a.wav")), {"a.wav": late})
    made = np.abs(render(track)).max(axis=1)
    first = int(np.argmax(made > 0.01))
    assert first / RATE == pytest.approx(1.5, abs=0.001)


def test_a_hit_over_the_border_of_blocks_is_whole(known: dict[str, Recording]) -> None:
    inside = render(Soundtrack(sheet(cue("hit-wood", 0.5)), known))
    across = render(Soundtrack(sheet(cue("hit-wood", 0.9)), known))
    length = round(0.3 * RATE)
    a, b = round(0.5 * RATE), round(0.9 * RATE)
    np.testing.assert_array_equal(inside[a : a + length], across[b : b + length])


def test_gain_pan_and_duration(known: dict[str, Recording]) -> None:
    plain = render(Soundtrack(sheet(cue("hit-wood", 1.0)), known))
    left = render(Soundtrack(sheet(cue("hit-wood", 1.0, pan=-1.0, gain_db=-6.0206)), known))
    assert np.abs(left[:, 1]).max() == pytest.approx(0, abs=1e-6)
    assert np.abs(left[:, 0]).max() == pytest.approx(np.abs(plain).max() / 2 * np.sqrt(2), rel=0.01)
    short = render(Soundtrack(sheet(cue("hit-wood", 1.0, duration=0.05)), known))
    assert np.abs(short[round(1.051 * RATE) :]).max() == 0


def test_a_faster_recording_is_higher_and_shorter(known: dict[str, Recording]) -> None:
    def pitch(speed: float) -> float:
        made = render(Soundtrack(sheet(cue("hit-wood", 1.0, speed=speed)), known))[:, 0]
        return float(np.abs(np.fft.rfft(made)).argmax() * RATE / len(made))

    assert pitch(1.1) / pitch(1.0) == pytest.approx(1.1, abs=0.02)


def test_an_ambience_loops_without_a_seam(tmp_path: Path) -> None:
    """A tone of whole periods a second: any seam would be a click."""
    tone = (0.1 * np.sin(2 * np.pi * 500 * np.arange(RATE) / RATE)).astype(np.float32)[:, None]
    loop = recording(save_recording(tmp_path / "loop.wav", tone), "birds", "ambience")
    cues = sheet(cue("birds", 0.0, 3.0, file="loop.wav"))
    made = render(Soundtrack(cues, {"loop.wav": loop}))[:, 0]
    steps = np.abs(np.diff(made[1000:-1000]))
    assert steps.max() <= 1.05 * 0.1 * np.sqrt(0.5) * 2 * np.pi * 500 / RATE


def test_a_recording_that_is_no_loop_goes_over_into_itself(tmp_path: Path) -> None:
    rising = noise(4.0) * np.linspace(0.2, 1, 4 * RATE, dtype=np.float32)[:, None]
    plain = recording(save_recording(tmp_path / "a.wav", rising), "sea", "ambience", is_loop=False)
    made = render(Soundtrack(sheet(cue("sea", 0, 9, file="a.wav"), seconds=9), {"a.wav": plain}))
    levels = np.array([made[n : n + 2400].std() for n in range(RATE, 8 * RATE, 2400)])
    assert np.abs(np.diff(levels)).max() < 0.35 * levels.max()


def test_ambiences_change_over_at_a_cut(known: dict[str, Recording]) -> None:
    both = sheet(cue("birds", 0.0, 1.5), cue("sea", 1.5, 1.5))
    made = render(Soundtrack(both, known))[:, 0]
    assert made[round(1.45 * RATE) : round(1.55 * RATE)].std() == pytest.approx(
        made[RATE // 2 : RATE].std(), rel=0.1
    )
    places = np.arange(FADE)
    rising, falling = find_level(places, 10**6, FADE, 1), find_level(places, FADE, 1, FADE)
    np.testing.assert_allclose(rising[10:-10] ** 2 + falling[10:-10] ** 2, 1, atol=1e-3)


def test_the_same_sheet_gives_the_same_samples(known: dict[str, Recording]) -> None:
    cues = sheet(cue("birds", 0.0, 3.0), cue("hit-wood", 1.0), cue("splash", 1.1))
    np.testing.assert_array_equal(render(Soundtrack(cues, known)), render(Soundtrack(cues, known)))


@pytest.mark.parametrize("gain_db", [-40.0, 0.0, 20.0])
def test_the_mix_is_as_loud_as_television(known: dict[str, Recording], gain_db: float) -> None:
    hits = [cue("hit-wood", 0.5 * n, gain_db=gain_db) for n in range(12)]
    cues = sheet(cue("birds", 0.0, 6.0, gain_db=gain_db - 15), *hits, seconds=6.0)
    mix = Mix(Soundtrack(cues, known))
    gain, told = mix.find_gain()
    found = measure_blocks(mix.blocks(gain), RATE, 2)
    assert found == told
    assert found.integrated == pytest.approx(-23, abs=1)
    assert found.true_peak <= -1


def test_silence_stays_silence(known: dict[str, Recording]) -> None:
    gain, found = Mix(Soundtrack(sheet(), known)).find_gain()
    assert (gain, found.integrated) == (0.0, -np.inf)


def test_sound_that_is_there_is_kept_or_lowered(
    tmp_path: Path, known: dict[str, Recording]
) -> None:
    tone = (0.1 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)).astype(np.float32)
    Audio(tone[:, None], RATE).save(tmp_path / "there.wav")
    track = Soundtrack(sheet(cue("hit-wood", 2.5)), known)
    for lowered in (0.0, -12.0):
        made = np.concatenate(list(Mix(track, tmp_path / "there.wav", lowered).sum()))
        kept = made[RATE // 2 : RATE]
        level = 0.1 * 10 ** (lowered / 20)
        assert np.abs(kept).max() == pytest.approx(level, rel=0.5)
        assert np.abs(made[round(2.5 * RATE) :]).max() > 0.2
        assert len(made) == 3 * RATE


def test_blocks_of_any_length_become_seconds() -> None:
    whole = np.random.default_rng(0).normal(size=(2 * RATE + 77, 2)).astype(np.float32)
    made = list(rearrange(np.split(whole, [5, 100, RATE + 3])))
    assert [len(block) for block in made] == [RATE, RATE, 77]
    np.testing.assert_array_equal(np.concatenate(made), whole)


def test_a_recording_that_is_not_there(known: dict[str, Recording]) -> None:
    cues = sheet(cue("birds", 0.0, 3.0), replace(cue("splash", 1.0), file="splsh.wav"))
    with refused("name.unknown", "cue 1", "splsh.wav", "did you mean splash.wav?", "--library"):
        Soundtrack(cues, known)
