"""Films that are written: sizes, times, sounds, and what is said of them."""

import itertools
import weakref
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition
from films import EVEN, UNEVEN, heard, inverted, shoot, sounds, times, told
from refusals import refused
from verb_jobs import draw_sign, write_frames

from neuropil.kit import progress
from neuropil.kit.media import film_writer
from neuropil.kit.media.film import Film
from neuropil.kit.media.film_writer import KINDS, write_film
from neuropil.kit.media.frame import Frame


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
@pytest.mark.parametrize("size", [(65, 47), (1, 1), (3, 2), (20, 15)])
def test_odd_sizes_become_even_where_players_want_that(
    tmp_path: Path, suffix: str, size: tuple[int, int]
) -> None:
    film = Film.open(shoot(tmp_path / "a.mkv", codec="ffv1", size=size))
    said = told(film, tmp_path / f"new{suffix}")
    new = Film.open(tmp_path / f"new{suffix}")
    width, height = size if suffix == ".webm" else (2 * ((side + 1) // 2) for side in size)
    assert (new.width, new.height) == (width, height)
    assert [f"became {width} × {height}:" in line for line in said] == [True] * (suffix != ".webm")
    one, other = next(film.frames()).pixels, next(new.frames()).pixels[: size[1], : size[0]]
    assert np.abs(one.astype(float) - other).mean() < 4
    with av.open(tmp_path / f"new{suffix}") as container:
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"


def test_the_index_of_an_mp4_comes_first(tmp_path: Path) -> None:
    Film.open(shoot(tmp_path / "a.mkv")).save(tmp_path / "new.mp4")
    data = (tmp_path / "new.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize("suffix", KINDS)
@pytest.mark.parametrize("source", [".mp4", ".mkv"])
def test_the_last_frame_lasts_as_long_as_it_should(
    tmp_path: Path, suffix: str, source: str
) -> None:
    uneven = (0, 0.1, 0.2, 0.3, 2.1)
    Film.open(shoot(tmp_path / f"a{source}", uneven, sound=())).save(tmp_path / f"new{suffix}")
    durations = []
    for path in (tmp_path / f"a{source}", tmp_path / f"new{suffix}"):
        with av.open(path) as container:
            assert container.duration
            durations.append(container.duration / 1e6)
    assert durations[1] == pytest.approx(2.2, abs=0.02)


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


def test_frames_that_come_from_no_file_have_pixels_of_any_shape(tmp_path: Path) -> None:
    film = Film.open(shoot(tmp_path / "a.mp4", shape=Fraction(16, 15)))
    assert film.pixel_aspect == Fraction(16, 15)
    write_film(tmp_path / "new.mp4", film.frames(), fps=film.fps, pixel_aspect=film.pixel_aspect)
    assert Film.open(tmp_path / "new.mp4").pixel_aspect == Fraction(16, 15)
    write_film(tmp_path / "square.mp4", film.frames(), fps=film.fps)
    assert Film.open(tmp_path / "square.mp4").pixel_aspect == 1


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_the_same_frames_make_the_same_file(tmp_path: Path, suffix: str) -> None:
    film = Film.open(write_frames(draw_sign(120, 240), tmp_path))
    made = set()
    for number in range(40):
        path = tmp_path / f"{number}{suffix}"
        film.map_frames(inverted).save(path)
        made.add(path.read_bytes())
    assert len(made) == 1


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


@pytest.mark.parametrize(
    ("layout", "rate", "suffix", "made", "said"),
    [
        ("5.1(side)", 44_100, ".webm", ("5.1", 48_000), ["5.1(side)"]),
        ("quad", 44_100, ".mp4", ("4.0", 44_100), ["quad"]),
        ("quad", 44_100, ".webm", ("quad", 48_000), []),
        ("7.1", 48_000, ".mp4", ("5.1", 48_000), ["7.1"]),
        ("7.1", 48_000, ".webm", ("5.1", 48_000), ["7.1"]),
        ("2.1", 48_000, ".mp4", ("3.0", 48_000), ["2.1"]),
        ("downmix", 48_000, ".webm", ("stereo", 48_000), []),
        ("mono", 192_000, ".mp4", ("mono", 48_000), ["192000 Hz"]),
        ("stereo", 176_400, ".webm", ("stereo", 48_000), ["176400 Hz"]),
        ("mono", 11_025, ".mp4", ("mono", 11_025), []),
    ],
)
def test_sound_is_mapped_and_resampled_to_what_the_encoder_takes(
    tmp_path: Path, layout: str, rate: int, suffix: str, made: tuple[str, int], said: list[str]
) -> None:
    path = shoot(tmp_path / "a.mov", sound=("pcm_s32le",), rate=rate, layout=layout)
    lines = told(Film.open(path), tmp_path / f"new{suffix}")
    assert len(lines) == len(said)
    assert all(given in line for given, line in zip(said, lines, strict=True))
    with av.open(tmp_path / f"new{suffix}") as container:
        (voice,) = container.streams.audio
        assert (voice.layout.name, voice.rate) == made
        n = sum(frame.samples for frame in container.decode(voice))
    assert n / made[1] == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("suffix", KINDS)
def test_chapters_and_the_usual_sound_are_kept(tmp_path: Path, suffix: str) -> None:
    path = shoot(tmp_path / "a.mkv", sound=("aac", "aac"), usual=2)
    with av.open(path) as old, av.open(tmp_path / "b.mkv", "w") as new:
        streams = [new.add_stream_from_template(stream) for stream in old.streams]
        for stream, given in zip(streams, old.streams, strict=True):
            stream.disposition = given.disposition
        new.set_chapters(
            [
                {"id": n, "start": n * 500, "end": n * 500 + 500, "time_base": Fraction(1, 1000),
                 "metadata": {"title": f"Part {n}"}}
                for n in range(2)
            ]
        )  # fmt: skip
        for packet in old.demux():
            if packet.size:
                packet.stream = streams[packet.stream.index]
                new.mux(packet)
    Film.open(tmp_path / "b.mkv").save(tmp_path / f"new{suffix}")
    with av.open(tmp_path / f"new{suffix}") as container:
        chapters = container.chapters()
        assert [chapter["metadata"]["title"] for chapter in chapters] == ["Part 0", "Part 1"]
        assert [float(c["start"] * (c["time_base"] or 0)) for c in chapters] == [0, 0.5]
        usual = [bool(s.disposition & Disposition.default) for s in container.streams.audio]
        assert usual == [False, True]


def test_what_a_container_refuses_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise av.ArgumentError(22, "Invalid argument")

    monkeypatch.setattr(film_writer, "set_clock_and_shape", refuse)
    with refused("output.content", "new.mp4", "Invalid argument", ".mkv"):
        Film.open(shoot(tmp_path / "a.mp4")).save(tmp_path / "new.mp4")


def test_sound_without_times_goes_on_where_it_had_come(tmp_path: Path) -> None:
    from av.audio.frame import AudioFrame

    with av.open(tmp_path / "new.mp4", "w") as target:
        given: Any = target.add_stream("pcm_s16le", rate=8000, layout="mono")
        encode = film_writer._encode_sound(target, "aac", given, lambda _: None)
        packets = []
        for n in range(8):
            frame = AudioFrame.from_ndarray(np.zeros((1, 1000), np.int16), "s16", "mono")
            frame.sample_rate, frame.time_base = 8000, Fraction(1, 8000)
            frame.pts = None if n % 2 else 1000 * n
            packets += encode(frame)
        packets += encode(None)
    times = [float((packet.pts or 0) * packet.time_base) for packet in packets]
    assert times == sorted(times)
    assert 0.7 < times[-1] < 1.1
