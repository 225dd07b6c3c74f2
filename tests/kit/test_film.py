"""Films that are read, and what can't be."""

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from films import EVEN, HZ, UNEVEN, inverted, shoot, times, tone
from refusals import refused

from neuropil.kit.media.film import Film
from neuropil.kit.media.film_writer import write_film
from neuropil.kit.media.frame import Frame

# Reading


def test_a_film_says_what_it_is(tmp_path: Path) -> None:
    film = Film.open(shoot(tmp_path / "a.mp4"))
    assert (film.width, film.height, film.n_frames) == (64, 48, 12)
    assert film.fps == 10
    assert film.seconds == pytest.approx(1.2, abs=0.05)


def test_frames_have_pixels_and_times(tmp_path: Path) -> None:
    frames = list(Film.open(shoot(tmp_path / "a.mkv", UNEVEN, codec="ffv1")).frames())
    assert [float(frame.time) for frame in frames] == list(UNEVEN)
    assert all(frame.pixels.shape == (48, 64, 3) for frame in frames)
    assert [int(frame.pixels[40, 60, 0]) for frame in frames] == [0, 20, 40, 60, 80, 100]
    assert tuple(frames[0].pixels[3, 3]) == (255, 0, 0)


def test_frames_can_be_had_twice(tmp_path: Path) -> None:
    film = Film.open(shoot(tmp_path / "a.mp4")).map_frames(inverted)
    one, two = list(film.frames()), list(film.frames())
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(one, two, strict=True))


@pytest.mark.parametrize(("degrees", "corner"), [(90, (-3, 3)), (-90, (3, -3)), (180, (-3, -3))])
def test_a_camera_held_on_its_side_is_turned_upright(
    tmp_path: Path, degrees: float, corner: tuple[int, int]
) -> None:
    film = Film.open(shoot(tmp_path / "turned.mp4", turned=degrees))
    assert (film.width, film.height) == ((64, 48) if degrees == 180 else (48, 64))
    film.save(tmp_path / "upright.mp4")
    for upright in (film, Film.open(tmp_path / "upright.mp4")):
        pixels = next(upright.frames()).pixels
        assert pixels.shape == (upright.height, upright.width, 3)
        assert tuple(pixels[corner] > 128) == (True, False, False)


def test_a_film_that_starts_late_begins_at_zero(tmp_path: Path) -> None:
    path = shoot(tmp_path / "late.ts", [5 + time for time in EVEN], sound_from=5.5)
    film = Film.open(path)
    assert times(film) == pytest.approx(EVEN)
    assert film.n_frames is None


# Mistakes


def test_what_can_not_be_opened_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("not a film", encoding="utf-8")
    with av.open(tmp_path / "song.mp4", "w") as container:
        for packet in tone(container.add_stream("aac", rate=HZ, layout="mono"), 0):
            container.mux(packet)
    whole = shoot(tmp_path / "whole.mov").read_bytes()
    (tmp_path / "cut.mov").write_bytes(whole[: len(whole) // 2])
    for name, code in [
        ("none.mp4", "input.missing"),
        ("", "input.kind"),
        ("empty.mp4", "input.empty"),
        ("text.mp4", "input.damaged"),
        ("cut.mov", "input.damaged"),
        ("song.mp4", "input.kind"),
    ]:
        with refused(code, tmp_path / name):
            Film.open(tmp_path / name)


def test_a_film_without_a_frame_that_is_whole_is_refused(tmp_path: Path) -> None:
    whole = bytearray(shoot(tmp_path / "a.mp4", sound=()).read_bytes())
    start, end = whole.index(b"mdat") + 4, len(whole)
    whole[start:end] = b"\xff" * (end - start)
    (tmp_path / "damaged.mp4").write_bytes(whole)
    with refused("input.damaged", "damaged.mp4"):
        Film.open(tmp_path / "damaged.mp4")


def test_what_can_not_be_written_is_refused(tmp_path: Path) -> None:
    film = Film.open(shoot(tmp_path / "a.mp4"))
    for name, code, possible in [
        ("new.avi", "output.ending", ".mp4, .mov, .mkv, .webm"),
        ("new", "output.ending", ".mp4"),
        ("none/new.mp4", "output.place", ""),
    ]:
        with refused(code, name, possible):
            film.save(tmp_path / name)


FULL_DISK = """
import resource
from neuropil.kit.media.film import Film
from neuropil.kit.errors import UserError

film = Film.open("a.mp4")
free = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, free[1]))  # the nearest thing to a full disk
try:
    film.save("new.mp4", quality=100)
except UserError as error:
    print(error.code, error)
resource.setrlimit(resource.RLIMIT_FSIZE, free)  # what measures coverage writes at the end
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_full_disk_is_refused(tmp_path: Path) -> None:
    shoot(tmp_path / "a.mp4", size=(320, 240))
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert run.stdout.startswith("disk.full new.mp4 ")
    assert run.stderr == ""
    assert [file.name for file in tmp_path.iterdir()] == ["a.mp4"]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_a_container_keeps_long_notes(suffix: str, tmp_path: Path) -> None:
    long = "0123456789" * 20_000
    frames = [Frame(np.zeros((32, 32, 3), np.uint8), Fraction(n, 25)) for n in range(3)]
    path = tmp_path / f"told{suffix}"
    write_film(path, frames, fps=Fraction(25), notes={"title": "A drive", "comment": long})
    notes = Film.open(path).metadata
    assert (notes["title"], notes["comment"]) == ("A drive", long)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi"])
def test_a_long_film_is_looked_at_all_over(tmp_path: Path, name: str) -> None:
    film = Film.open(shoot(tmp_path / name, [i / 10 for i in range(240)]))
    seen = [float(frame.time) for frame in film.sample(6)]
    late = np.arange(0, 24, 4) - seen
    assert late.min() >= -0.11  # AVI counts from the first packet, a frame before
    assert late.max() < 1.3  # from one keyframe to the next
    inverse = film.map_frames(inverted).sample(6)
    both = zip(film.sample(6), inverse, strict=True)
    assert all(np.array_equal(one.pixels, 255 - other.pixels) for one, other in both)


def test_a_short_film_is_looked_at_in_steps(tmp_path: Path) -> None:
    film = Film.open(shoot(tmp_path / "a.mkv", [i / 10 for i in range(50)]))
    assert [float(frame.time) for frame in film.sample(30)] == [0, 2.4, 4.8]


def test_a_film_in_which_nothing_can_be_looked_up(tmp_path: Path) -> None:
    film = Film.open(shoot(tmp_path / "a.m2v", EVEN, sound=(), codec="mpeg2video", fps=25))
    assert 1 <= len(list(replace(film, seconds=100.0).sample(4))) <= 4
