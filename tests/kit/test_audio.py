"""Recordings: from files, to files, and what is said of those that are none."""

import wave
from pathlib import Path

import numpy as np
import pytest
from films import shoot
from listening import listening
from numpy.typing import NDArray

from neuropil.kit.audio import audio as audio_module
from neuropil.kit.audio.audio import Audio
from neuropil.kit.audio.audio_reader import read_blocks
from neuropil.kit.audio.audio_writer import write_blocks
from neuropil.kit.errors import UserError

RATE = 48_000


def tone(seconds: float = 0.5, hz: float = 440, rate: int = RATE) -> NDArray[np.float32]:
    wave_of = 0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)
    return wave_of.astype(np.float32)[:, None]


def find_delay(made: NDArray[np.float32], true: NDArray[np.float32]) -> int:
    """Find by how many samples `made` comes late."""
    n = len(made) + len(true)
    product = np.fft.irfft(np.fft.rfft(made, n) * np.conj(np.fft.rfft(true, n)), n)
    return int((np.argmax(product) + n // 2) % n - n // 2)


@pytest.mark.parametrize("ending", [".wav", ".flac"])
def test_exact_kinds_keep_every_sample(tmp_path: Path, ending: str) -> None:
    samples = np.random.default_rng(0).uniform(-1, 1, (5000, 2)).astype(np.float32)
    path = tmp_path / f"noise{ending}"
    Audio(samples, 22_050).save(path)
    found = Audio.open(path)
    assert (found.rate, found.channels) == (22_050, 2)
    np.testing.assert_allclose(found.samples, samples, atol=1.01 / 32768)


@pytest.mark.parametrize("ending", [".opus", ".ogg", ".m4a", ".mp3"])
def test_lossy_kinds_keep_the_moment_and_the_level(tmp_path: Path, ending: str) -> None:
    burst = np.zeros((RATE, 1), np.float32)
    burst[RATE // 2 : RATE // 2 + 4800] = tone(0.1, 800)
    path = tmp_path / f"burst{ending}"
    Audio(burst, RATE).save(path)
    found = Audio.open(path)
    assert abs(find_delay(found.mix_down(), burst[:, 0])) <= 1
    assert found.samples.std() == pytest.approx(burst.std(), rel=0.1)
    assert found.seconds == pytest.approx(1, abs=0.06)


def test_the_same_recording_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.opus", "b.opus"):
        Audio(tone(), RATE).save(tmp_path / name)
    assert (tmp_path / "a.opus").read_bytes() == (tmp_path / "b.opus").read_bytes()


def test_rates_that_opus_does_not_take_are_resampled(tmp_path: Path) -> None:
    path = tmp_path / "tone.opus"
    Audio(tone(rate=44_100), 44_100).save(path)
    found = Audio.open(path)
    assert found.rate == 48_000
    spectrum = np.abs(np.fft.rfft(found.mix_down()))
    assert np.argmax(spectrum) / found.seconds == pytest.approx(440, abs=3)


def test_what_is_too_loud_is_clipped_not_wrapped(tmp_path: Path) -> None:
    path = tmp_path / "loud.wav"
    Audio(np.full((100, 1), 1.5, np.float32), RATE).save(path)
    assert Audio.open(path).samples.min() > 0.99


def test_a_film_gives_its_sound_from_its_own_beginning(tmp_path: Path) -> None:
    early = Audio.open(shoot(tmp_path / "early.mp4", rate=RATE))
    late = Audio.open(shoot(tmp_path / "late.mp4", rate=RATE, sound_from=0.25))
    assert late.seconds == pytest.approx(early.seconds + 0.25, abs=0.03)
    assert np.abs(late.samples[: RATE // 5]).max() == 0
    assert find_delay(late.mix_down(), early.mix_down()) == pytest.approx(RATE / 4, abs=48)


def test_reading_in_another_rate_and_layout(tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    Audio(tone(), RATE).save(path)
    found = np.concatenate(list(read_blocks(path, rate=16_000, channels=2)))
    assert found.shape == (8000, 2)
    np.testing.assert_array_equal(found[:, 0], found[:, 1])


def test_more_than_two_channels_are_mixed_to_two(tmp_path: Path) -> None:
    path = tmp_path / "four.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(4)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(np.full((800, 4), 1000, np.int16).tobytes())
    assert Audio.open(path).samples.shape == (800, 2)


def test_a_damaged_piece_is_said_and_silence_keeps_its_place(tmp_path: Path) -> None:
    path = tmp_path / "tone.flac"
    write_blocks(path, [tone(4, 440)], rate=RATE, channels=1)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(3000)
    path.write_bytes(data)
    with listening() as said:
        found = Audio.open(path)
    assert found.seconds == pytest.approx(4, abs=0.15)
    assert any("of sound are missing at" in line for line in said)


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "input.empty", "zero bytes"),
        (b"no sound at all, only a text" * 20, "input.damaged", "recording"),
    ],
)
def test_what_is_no_recording(tmp_path: Path, content: bytes, code: str, words: str) -> None:
    path = tmp_path / "tone.wav"
    path.write_bytes(content)
    with pytest.raises(UserError, match=words) as caught:
        Audio.open(path)
    assert caught.value.code == code
    assert not Audio.recognize(path)


def test_a_silent_film_has_no_sound(tmp_path: Path) -> None:
    path = shoot(tmp_path / "silent.mp4", sound=())
    assert not Audio.recognize(path)
    with pytest.raises(UserError, match="no sound in it; name a recording, or a film with sound"):
        Audio.open(path)


def test_what_fits_no_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tone.wav"
    Audio(tone(2), RATE).save(path)
    monkeypatch.setattr(audio_module, "LONGEST", 1.0)
    with pytest.raises(UserError, match="cut it into parts") as caught:
        Audio.open(path)
    assert caught.value.code == "input.too_large"


@pytest.mark.parametrize(
    "samples", [np.zeros(5, np.float32), np.zeros((5, 1)), np.zeros((5, 0), np.float32)]
)
def test_samples_have_one_form(samples: NDArray[np.float32]) -> None:
    with pytest.raises(UserError, match=r"takes \(N, C\) float32"):
        Audio(samples, RATE)


def test_rates_have_a_range() -> None:
    with pytest.raises(UserError, match="the rate is 0 Hz"):
        Audio(np.zeros((5, 1), np.float32), 0)


def test_names_and_channels_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"end the name in \.wav"):
        Audio(tone(), RATE).save(tmp_path / "tone.xyz")
    with pytest.raises(UserError, match="3 channels"):
        Audio(np.zeros((5, 3), np.float32), RATE).save(tmp_path / "tone.wav")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_sound_that_is_shorter_than_its_film_is_no_damage(tmp_path: Path, suffix: str) -> None:
    film = shoot(tmp_path / f"a{suffix}", [i / 10 for i in range(40)])
    with listening() as said:
        assert Audio.open(film).seconds == pytest.approx(1, abs=0.1)
    assert said == []
