"""A film with another sound: pictures stay as they are, sound is where it belongs."""

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from films import UNEVEN, inverted, shoot
from films import times as times_of
from listening import listening
from numpy.typing import NDArray

from neuropil.kit.audio.audio import Audio
from neuropil.kit.audio.film_sound import write_soundtrack
from neuropil.kit.errors import UserError
from neuropil.kit.media.film import Film

RATE = 48_000


def click_at(time: float, seconds: float) -> NDArray[np.float32]:
    samples = np.zeros((round(seconds * RATE), 2), np.float32)
    first = round(time * RATE)
    samples[first : first + 480] = 0.5 * np.sin(np.arange(480) / 4)[:, None]
    return samples


def pictures(path: Path) -> list[bytes]:
    with av.open(path) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def add_sound(film: Film, path: Path, time: float = 0.7) -> list[str]:
    samples = click_at(time, film.seconds)
    with listening() as said:
        write_soundtrack(path, film, np.array_split(samples, 5), rate=RATE, channels=2)
    return said


@pytest.mark.parametrize("ending", [".mp4", ".mov", ".mkv"])
def test_pictures_are_copied_and_the_sound_is_the_only_one(tmp_path: Path, ending: str) -> None:
    film = Film.open(shoot(tmp_path / "film.mp4", sound=("aac", "aac")))
    said = add_sound(film, tmp_path / f"new{ending}")
    assert said == []
    assert len(pictures(film.path)) == len(pictures(tmp_path / f"new{ending}"))
    if ending != ".mkv":
        assert pictures(film.path) == pictures(tmp_path / f"new{ending}")
    with av.open(tmp_path / f"new{ending}") as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]
    heard = Audio.open(tmp_path / f"new{ending}").mix_down()
    assert int(np.abs(heard).argmax()) / RATE == pytest.approx(0.705, abs=0.01)


def test_uneven_times_are_kept(tmp_path: Path) -> None:
    film = Film.open(shoot(tmp_path / "film.mkv", UNEVEN))
    add_sound(film, tmp_path / "new.mp4")
    assert times_of(Film.open(tmp_path / "new.mp4")) == pytest.approx(times_of(film), abs=0.001)


def test_a_film_that_starts_late_starts_at_zero_with_its_sound(tmp_path: Path) -> None:
    film = Film.open(shoot(tmp_path / "film.ts", [5 + k / 10 for k in range(12)], sound=()))
    add_sound(replace(film, seconds=1.2), tmp_path / "new.mp4")
    assert times_of(Film.open(tmp_path / "new.mp4"))[0] == pytest.approx(0, abs=0.001)
    heard = Audio.open(tmp_path / "new.mp4").mix_down()
    assert int(np.abs(heard).argmax()) / RATE == pytest.approx(0.705, abs=0.01)


def test_what_lies_on_its_side_stays_upright(tmp_path: Path) -> None:
    film = Film.open(shoot(tmp_path / "film.mp4", turned=90))
    add_sound(film, tmp_path / "new.mp4")
    assert (Film.open(tmp_path / "new.mp4").width, film.width) == (48, 48)


def test_what_the_container_can_not_hold_is_encoded_and_said(tmp_path: Path) -> None:
    film = Film.open(shoot(tmp_path / "film.mp4"))
    said = add_sound(film, tmp_path / "new.webm")
    assert any("encoded anew" in line for line in said)
    assert times_of(Film.open(tmp_path / "new.webm")) == pytest.approx(times_of(film), abs=0.002)


def test_frames_that_were_changed_are_encoded(tmp_path: Path) -> None:
    film = Film.open(shoot(tmp_path / "film.mp4")).map_frames(inverted)
    add_sound(film, tmp_path / "new.mp4")
    first = next(Film.open(tmp_path / "new.mp4").frames()).pixels
    assert first[40, 10].mean() > 200


def test_another_ending_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    film = Film.open(shoot(tmp_path / "film.mp4"))
    with pytest.raises(UserError, match=r"end the name in \.mp4"):
        add_sound(film, tmp_path / "new.avi")
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]
