"""Films that are written with sound that was made for them."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from neuropil.kit.audio.audio import Audio
from neuropil.kit.audio.audio_writer import to_frames
from neuropil.kit.media.film import Film
from neuropil.kit.media.film_writer import FilmSound, choose_sound_rate, write_film
from neuropil.kit.media.frame import Frame


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_sound_and_frames_begin_together(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"made{suffix}"
    rate = choose_sound_rate(path, 16_000)
    beep = np.zeros((rate, 1), np.float32)
    times = np.arange(rate // 10) / rate
    beep[rate // 2 : rate // 2 + len(times), 0] = 0.5 * np.sin(2 * np.pi * 700 * times)
    frames = [Frame(np.full((32, 48, 3), 9 * k, np.uint8), Fraction(k, 25)) for k in range(25)]
    heard = FilmSound(to_frames([beep], rate, "mono"), rate, "mono")
    write_film(path, frames, fps=Fraction(25), sound=heard)
    assert sum(1 for _ in Film.open(path).frames()) == 25
    sound = Audio.open(path)
    loud = np.abs(sound.mix_down()) > 0.1
    assert np.flatnonzero(loud)[0] / sound.rate == pytest.approx(0.5, abs=0.01)
    assert sound.seconds == pytest.approx(1, abs=0.06)


def test_the_rate_is_kept_where_the_encoder_takes_it() -> None:
    assert choose_sound_rate(Path("a.mp4"), 44_100) == 44_100
    assert choose_sound_rate(Path("a.mp4"), 1_234) == 48_000
    assert choose_sound_rate(Path("a.webm"), 16_000) == 48_000


def test_without_sound_a_film_is_silent(tmp_path: Path) -> None:
    frames = [Frame(np.zeros((32, 32, 3), np.uint8), Fraction(0))]
    write_film(tmp_path / "a.mp4", frames, fps=Fraction(25))
    assert not Audio.recognize(tmp_path / "a.mp4")
