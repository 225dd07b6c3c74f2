import itertools
import subprocess
import sys
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from refusals import refused

from neuropil.kit import progress
from neuropil.kit.media.film import KINDS, Film, Frame, write_film

HZ = 44_100
EVEN = tuple(i / 10 for i in range(12))
UNEVEN = (0, 0.04, 0.5, 0.52, 1.25, 1.3)


def shoot(
    path: Path,
    times: Sequence[float] = EVEN,
    *,
    size: tuple[int, int] = (64, 48),
    sound: tuple[str, ...] = ("aac",),
    sound_from: float = 0,
    turned: float = 0,
    codec: str = "libx264",
    shape: Fraction | None = None,
) -> Path:
    """Make a film, its left half dark with a red corner, and a tone of a second as sound."""
    width, height = size
    with av.open(path, "w") as container:
        options = {} if codec == "ffv1" else {"crf": "5"}
        picture: Any = container.add_stream(codec, rate=10, options=options)
        picture.width, picture.height = size
        picture.pix_fmt = "bgr0" if codec == "ffv1" else "yuv420p"
        picture.codec_context.time_base = Fraction(1, 1000)
        if shape:
            picture.codec_context.sample_aspect_ratio = shape
        if turned:
            picture.set_display_rotation(turned)
        voices: list[Any] = [container.add_stream(name, rate=HZ, layout="mono") for name in sound]
        packets = []
        for i, time in enumerate(times):
            pixels = np.zeros((height, width, 3), np.uint8)
            pixels[:, width // 2 :] = 20 * i % 256
            pixels[: height // 4, : width // 4] = 255, 0, 0
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(format=picture.pix_fmt)
            frame.pts, frame.time_base = round(time * 1000), Fraction(1, 1000)
            packets += picture.encode(frame)
        packets += picture.encode()
        for voice in voices:
            packets += tone(voice, sound_from)
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            container.mux(packet)
    return path


def tone(voice: Any, start: float) -> Iterator[Any]:
    wave = (8000 * np.sin(np.arange(HZ) / 16)).astype(np.int16)
    for at in range(0, HZ, 1024):
        frame = av.AudioFrame.from_ndarray(wave[None, at : at + 1024], "s16", "mono")
        frame.sample_rate, frame.time_base = HZ, Fraction(1, HZ)
        frame.pts = at + round(start * HZ)
        yield from voice.encode(frame)
    yield from voice.encode()


def sounds(path: Path) -> list[tuple[str, float]]:
    """List the codec and the start of every sound, in seconds after the first picture."""
    with av.open(path) as container:
        picture = container.streams.video[0]
        assert picture.start_time is not None
        assert picture.time_base
        first = picture.start_time * picture.time_base
        return [
            (
                voice.codec_context.name,
                float((voice.start_time or 0) * (voice.time_base or 0) - first),
            )
            for voice in container.streams.audio
        ]


def heard(path: Path) -> list[bytes]:
    """List the packets of the first sound."""
    with av.open(path) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.dts is not None]


def times(film: Film) -> list[float]:
    return [float(frame.time) for frame in film.frames()]


def inverted(frames: Iterator[Frame]) -> Iterator[Frame]:
    for frame in frames:
        yield replace(frame, pixels=255 - frame.pixels)


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


# Writing


@pytest.mark.parametrize("suffix", KINDS)
def test_changed_frames_are_written_with_times_and_size(tmp_path: Path, suffix: str) -> None:
    film = Film.open(shoot(tmp_path / "a.mkv", UNEVEN, codec="ffv1", sound=()))
    film.map_frames(inverted).save(tmp_path / f"new{suffix}")
    new = Film.open(tmp_path / f"new{suffix}")
    assert times(new) == pytest.approx(UNEVEN, abs=0.001)
    for one, other in zip(film.map_frames(inverted).frames(), new.frames(), strict=True):
        assert one.pixels.shape == other.pixels.shape
        assert np.abs(one.pixels.astype(float) - other.pixels).mean() < 4


@pytest.mark.parametrize("suffix", KINDS)
@pytest.mark.parametrize("size", [(65, 47), (1, 1), (3, 2)])
def test_odd_sizes_are_kept(tmp_path: Path, suffix: str, size: tuple[int, int]) -> None:
    film = Film.open(shoot(tmp_path / "a.mkv", codec="ffv1", size=size))
    film.save(tmp_path / f"new{suffix}")
    new = Film.open(tmp_path / f"new{suffix}")
    assert (new.width, new.height) == size
    one, other = next(film.frames()), next(new.frames())
    assert np.abs(one.pixels.astype(float) - other.pixels).mean() < 4


@pytest.mark.parametrize("suffix", KINDS)
def test_frames_from_nowhere_become_a_silent_film(tmp_path: Path, suffix: str) -> None:
    shades = [np.full((6, 8, 3), 40 * i, np.uint8) for i in range(5)]
    frames = [Frame(shade, Fraction(i, 25)) for i, shade in enumerate(shades)]
    write_film(tmp_path / f"new{suffix}", frames, fps=Fraction(25))
    made = list(Film.open(tmp_path / f"new{suffix}").frames())
    assert [float(frame.time) for frame in made] == pytest.approx([0, 0.04, 0.08, 0.12, 0.16])
    means = [int(frame.pixels.mean()) for frame in made]
    assert means == pytest.approx([0, 40, 80, 120, 160], abs=3)
    with refused("input.empty", f"none{suffix}"):
        write_film(tmp_path / f"none{suffix}", [], fps=Fraction(25))


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_sound_is_carried_over_as_it_is(tmp_path: Path, suffix: str) -> None:
    path = shoot(tmp_path / "a.mp4", sound=("aac", "mp3"))
    Film.open(path).save(tmp_path / f"new{suffix}")
    assert [name for name, _ in sounds(tmp_path / f"new{suffix}")] == ["aac", "mp3float"]
    assert heard(tmp_path / f"new{suffix}") == heard(path)


@pytest.mark.parametrize(
    ("sound", "suffix", "codec"),
    [("aac", ".webm", "opus"), ("pcm_s16le", ".mp4", "aac"), ("pcm_s16le", ".mkv", "pcm_s16le")],
)
def test_sound_is_encoded_anew_where_it_can_not_stay(
    tmp_path: Path, sound: str, suffix: str, codec: str
) -> None:
    path = shoot(tmp_path / "a.mkv", sound=(sound,), sound_from=0.5)
    Film.open(path).save(tmp_path / f"new{suffix}")
    ((name, start),) = sounds(tmp_path / f"new{suffix}")
    assert name == codec
    assert start == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("suffix", KINDS)
@pytest.mark.parametrize(("picture_from", "sound_from"), [(0, 0), (1, 0), (0, 1), (5, 5.5)])
def test_sound_and_picture_stay_together(
    tmp_path: Path, suffix: str, picture_from: float, sound_from: float
) -> None:
    path = shoot(
        tmp_path / "a.mkv",
        [time + picture_from for time in EVEN],
        sound_from=sound_from,
        sound=("flac",),
    )
    Film.open(path).save(tmp_path / f"new{suffix}")
    ((_, before),), ((_, after),) = sounds(path), sounds(tmp_path / f"new{suffix}")
    assert before == pytest.approx(sound_from - picture_from, abs=0.001)
    assert after == pytest.approx(before, abs=0.03)


def test_films_without_sound_stay_without(tmp_path: Path) -> None:
    Film.open(shoot(tmp_path / "a.mp4", sound=())).save(tmp_path / "new.mp4")
    assert sounds(tmp_path / "new.mp4") == []


def test_pixels_that_are_not_square_stay_so(tmp_path: Path) -> None:
    for turned, shape in ((0, Fraction(16, 15)), (90, Fraction(15, 16))):
        path = shoot(tmp_path / "a.mp4", shape=Fraction(16, 15), turned=turned)
        Film.open(path).save(tmp_path / "new.mp4")
        with av.open(tmp_path / "new.mp4") as container:
            assert container.streams.video[0].sample_aspect_ratio == shape


def test_quality_makes_larger_files(tmp_path: Path) -> None:
    film = Film.open(shoot(tmp_path / "a.mkv", size=(320, 240)))
    sizes = []
    for quality in (20, 92):
        film.save(tmp_path / "new.mp4", quality=quality)
        sizes.append((tmp_path / "new.mp4").stat().st_size)
    assert sizes[0] < sizes[1]
    with refused("option.range", "quality", 0, "between 1 and 100"):
        film.save(tmp_path / "new.mp4", quality=0)


def test_frames_do_not_pile_up(tmp_path: Path) -> None:
    alive: weakref.WeakSet[Frame] = weakref.WeakSet()
    most = 0

    def watched(frames: Iterator[Frame]) -> Iterator[Frame]:
        nonlocal most
        for frame in frames:
            alive.add(frame)
            most = max(most, len(alive))
            yield frame

    film = Film.open(shoot(tmp_path / "a.mp4", [i / 100 for i in range(100)]))
    film.map_frames(watched).save(tmp_path / "new.mp4")
    assert most <= 4


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []

    class Listener:
        def ask(self) -> None:
            pass

        def at(self, title: str, done: int, total: int | None) -> None:
            assert title == "a.mp4"
            told.append((done, total))

        def say(self, line: str) -> None:
            raise AssertionError(line)

    film = Film.open(shoot(tmp_path / "a.mp4"))
    with progress.report_to(Listener()):
        film.save(tmp_path / "new.mp4")
    assert told == [*((done, 12) for done in range(12)), (12, 12)]


@pytest.mark.parametrize("suffix", KINDS)
@pytest.mark.parametrize("after", [0, 1, 8])
@pytest.mark.parametrize("error", [KeyboardInterrupt, progress.Cancelled, RuntimeError])
def test_an_interrupted_film_leaves_nothing(
    tmp_path: Path, suffix: str, after: int, error: type[BaseException]
) -> None:
    def broken(frames: Iterator[Frame]) -> Iterator[Frame]:
        yield from itertools.islice(frames, after)
        raise error

    film = Film.open(shoot(tmp_path / "a.mp4"))
    with pytest.raises(error):
        film.map_frames(broken).save(tmp_path / f"new{suffix}")
    assert [file.name for file in tmp_path.iterdir()] == ["a.mp4"]


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


def test_damage_inside_is_refused(tmp_path: Path) -> None:
    whole = bytearray(shoot(tmp_path / "a.mp4", sound=()).read_bytes())
    start, end = whole.index(b"mdat") + 4, whole.index(b"moov") - 4
    middle = (start + end) // 2
    whole[middle:end] = b"\xff" * (end - middle)
    (tmp_path / "damaged.mp4").write_bytes(whole)
    with refused("input.damaged", "damaged.mp4"):
        list(Film.open(tmp_path / "damaged.mp4").frames())


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
