"""Films as they come in from the field: mirrored, damaged, joined, interlaced, of high range."""

import struct
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from films import EVEN, shoot, times, told
from numpy.typing import NDArray
from PIL import Image as Picture
from refusals import refused

from neuropil.kit.media.film import Film
from neuropil.kit.media.film_container import read_rate
from neuropil.kit.media.frame import Frame
from neuropil.kit.media.image import Image

SECOND = Fraction(1, 1000)


def packets(path: Path) -> Iterator[Any]:
    with av.open(path) as container:
        yield from (packet for packet in container.demux() if packet.size)


def encode(
    path: Path,
    frames: Sequence[NDArray[Any]],
    *,
    codec: str,
    pix_fmt: str,
    given: str = "rgb24",
    colors: tuple[int, int] = (2, 2),
    options: dict[str, str] | None = None,
) -> Path:
    """Encode pictures at ten a second; `colors` are the numbers of transfer and primaries."""
    with av.open(path, "w") as container:
        stream: Any = container.add_stream(codec, rate=10, options=options or {})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pix_fmt
        context = stream.codec_context
        context.color_trc, context.color_primaries = colors
        for pixels in frames:
            frame = av.VideoFrame.from_ndarray(pixels, given).reformat(format=pix_fmt)
            frame.color_trc, frame.color_primaries = colors
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


# Turned and mirrored


@pytest.mark.parametrize(
    "matrix",
    [(1, 0, 0, 1), (-1, 0, 0, 1), (1, 0, 0, -1), (-1, 0, 0, -1),
     (0, 1, 1, 0), (0, 1, -1, 0), (0, -1, 1, 0), (0, -1, -1, 0)],
)  # fmt: skip
def test_a_display_matrix_is_followed(tmp_path: Path, matrix: tuple[int, int, int, int]) -> None:
    path = shoot(tmp_path / "a.mp4", sound=())
    data = path.read_bytes()
    plain = next(Film.open(path).frames()).pixels
    a, b, c, d = (np.int32(65536 * number) for number in matrix)
    whole = np.array([65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30], ">i4").tobytes()
    turned = np.array([a, b, 0, c, d, 0, 0, 0, 1 << 30], ">i4").tobytes()
    at = data.index(whole, data.index(b"tkhd"))
    path.write_bytes(data[:at] + turned + data[at + 36 :])
    seen = next(Film.open(path).frames()).pixels
    for y, x in ((3, 3), (3, 60), (44, 3), (44, 60)):  # x' = a·x + c·y, y' = b·x + d·y
        across, down = matrix[0] * x + matrix[2] * y, matrix[1] * x + matrix[3] * y
        place = down - (down < 0), across - (across < 0)
        assert np.abs(seen[place].astype(int) - plain[y, x]).max() < 12


# Damage


@pytest.mark.parametrize("codec", ["mjpeg", "png", "libx264"])
@pytest.mark.parametrize("broken", [(5,), (2, 3), (11,)])
def test_damaged_frames_are_skipped_and_said(
    tmp_path: Path, codec: str, broken: tuple[int, ...]
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (12, 48, 64, 3), dtype=np.uint8)
    pix_fmt = {"mjpeg": "yuvj420p", "png": "rgb24", "libx264": "yuv420p"}[codec]
    options = {"g": "1", "bf": "0"} if codec == "libx264" else {}
    path = encode(tmp_path / "a.mov", list(noise), codec=codec, pix_fmt=pix_fmt, options=options)
    data = bytearray(path.read_bytes())
    for n, packet in enumerate(packets(path)):
        if n in broken:
            assert packet.pos is not None
            start = packet.pos + 4 * (codec == "libx264")  # the length of what follows stays
            data[start : packet.pos + packet.size] = bytes(packet.size - start + packet.pos)
    path.write_bytes(data)
    film = Film.open(path)
    (line,) = told(film, tmp_path / "new.mp4")
    kept = [n / 10 for n in range(12) if n not in broken]
    assert times(Film.open(tmp_path / "new.mp4")) == pytest.approx(kept, abs=0.001)
    assert f"{len(broken)} damaged frame" in line
    assert f"{broken[0] / 10:.2f} s" in line


def test_damaged_sound_is_skipped_and_said(tmp_path: Path) -> None:
    path = shoot(tmp_path / "a.mkv", sound=("flac",))
    data = bytearray(path.read_bytes())
    (_, second, *_) = (packet for packet in packets(path) if packet.stream.type == "audio")
    at = data.index(bytes(second))
    data[at : at + second.size] = bytes(second.size)
    path.write_bytes(data)
    lines = told(Film.open(path), tmp_path / "new.webm")
    assert any("1 damaged piece of sound skipped" in line for line in lines)
    assert len(times(Film.open(tmp_path / "new.webm"))) == 12


def test_what_follows_the_end_of_a_cut_film_is_left_out(tmp_path: Path) -> None:
    data = shoot(tmp_path / "a.mkv", sound=()).read_bytes()
    (tmp_path / "cut.mkv").write_bytes(data[:-100])
    Film.open(tmp_path / "cut.mkv").save(tmp_path / "new.mp4")
    assert 1 < len(times(Film.open(tmp_path / "new.mp4"))) < 12


# Names and kinds


def test_a_name_with_a_colon_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("2024-05-01T12:30.mp4", "http:a.mp4", "-a.mp4"):
        shoot(Path(f"./{name}").absolute())
        Film.open(name).save(f"{name[:-4]}-new.mp4")
        assert len(times(Film.open(f"{name[:-4]}-new.mp4"))) == 12


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\nfilm.ts\n#EXT-X-ENDLIST\n"),
        ("a.ts", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\nfilm.ts\n#EXT-X-ENDLIST\n"),
        ("a.mp4", "ffconcat version 1.0\nfile film.ts\n"),
        ("a.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n"),
    ],
)
def test_a_list_of_other_files_is_not_followed(tmp_path: Path, name: str, text: str) -> None:
    shoot(tmp_path / "film.ts")
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=name):
        Film.open(tmp_path / name)
    assert not Film.recognize(tmp_path / name)


@pytest.mark.parametrize("kind", [Film, Image])
def test_a_pdf_is_named_as_one(tmp_path: Path, kind: type[Film | Image]) -> None:
    (tmp_path / "a.mp4").write_bytes(b"%PDF-1.4\n")
    with refused("input.kind", "is a PDF", "PNG"):
        kind.open(tmp_path / "a.mp4")
    assert not Film.recognize(tmp_path / "a.mp4")


@pytest.mark.parametrize(
    ("average", "guessed", "expected"),
    [(60000, 25, 25), (None, 30, 30), (12, 25, 12), (None, None, 25), (60000, None, 25)],
)
def test_a_clock_is_no_rate(average: int | None, guessed: int | None, expected: int) -> None:
    """As raw DV tells 60,000 frames a second."""
    container = SimpleNamespace(format=SimpleNamespace(name="dv"))
    stream: Any = SimpleNamespace(average_rate=average, guessed_rate=guessed, container=container)
    assert read_rate(stream) == expected


@pytest.mark.parametrize(
    ("scale", "rate", "word"),
    [(100_000, 1000, "0.01"), (1, 2**31 - 1, "2.15e+09"), (2**31 - 1, 1000, "4.66e-07")],
)
def test_damaged_times_of_an_avi_are_replaced(
    tmp_path: Path, scale: int, rate: int, word: str
) -> None:
    data = bytearray(shoot(tmp_path / "whole.avi", codec="mpeg4", sound=("mp3",)).read_bytes())
    struct.pack_into("<II", data, data.index(b"strh") + 8 + 20, scale, rate)
    path = tmp_path / "damaged.avi"
    path.write_bytes(data)
    film = Film.open(path)
    assert film.fps == 25
    said = told(film, tmp_path / "new.mp4")
    assert said == [f"its frame rate, {word} a second, is damaged; 25 is taken"]
    assert times(Film.open(tmp_path / "new.mp4")) == pytest.approx([k / 25 for k in range(12)])


def test_raw_dv_is_a_film(tmp_path: Path) -> None:
    path = tmp_path / "a.dv"
    with av.open(path, "w") as container:
        stream: Any = container.add_stream("dvvideo", rate=25)
        stream.width, stream.height, stream.pix_fmt = 720, 576, "yuv420p"
        for shade in (50, 100, 150):
            pixels = np.full((576, 720, 3), shade, np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels).reformat(format="yuv420p")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert Film.open(path).fps == 25
    Film.open(path).save(tmp_path / "new.mp4")
    assert len(times(Film.open(tmp_path / "new.mp4"))) == 3


def test_an_icon_is_no_film(tmp_path: Path) -> None:
    Picture.new("RGB", (32, 32), "red").save(tmp_path / "a.ico")
    assert not Film.recognize(tmp_path / "a.ico")


@pytest.mark.parametrize(
    ("suffix", "codec", "sound"),
    [(".asf", "wmv2", "wmav2"), (".mxf", "mpeg2video", None), (".ogv", "libvpx", "libvorbis"),
     (".y4m", "wrapped_avframe", None), (".3gp", "h263", None), (".nut", "ffv1", "flac")],
)  # fmt: skip
def test_whatever_ffmpeg_opens_is_a_film(
    tmp_path: Path, suffix: str, codec: str, sound: str | None
) -> None:
    path = tmp_path / f"a{suffix}"
    with av.open(path, "w") as container:
        stream: Any = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 176, 144, "yuv420p"
        for shade in range(5):
            pixels = np.full((144, 176, 3), 50 * shade, np.uint8)
            container.mux(
                stream.encode(av.VideoFrame.from_ndarray(pixels).reformat(format="yuv420p"))
            )
        container.mux(stream.encode())
    assert Film.recognize(path)
    Film.open(path).save(tmp_path / "new.mp4")
    assert len(times(Film.open(tmp_path / "new.mp4"))) == 5


def test_words_of_old_programs_are_no_hindrance(tmp_path: Path) -> None:
    data = shoot(tmp_path / "a.mkv", sound=(), title="Grosse Ecole").read_bytes()
    (tmp_path / "b.mkv").write_bytes(data.replace(b"Ecole", "École".encode("latin-1") + b""))
    film = Film.open(tmp_path / "b.mkv")
    film.save(tmp_path / "new.mp4")
    assert Film.open(tmp_path / "new.mp4").metadata["title"].startswith("Grosse")


# Tracks


def test_the_usual_picture_is_taken_and_others_are_said(tmp_path: Path) -> None:
    from av.stream import Disposition

    with av.open(tmp_path / "two.mkv", "w") as container:
        streams: list[Any] = [container.add_stream("ffv1", rate=10) for _ in range(2)]
        for stream, width in zip(streams, (32, 48), strict=True):
            stream.width, stream.height, stream.pix_fmt = width, 24, "bgr0"
        streams[1].disposition = Disposition.default
        for stream in streams:
            frame = av.VideoFrame(stream.width, 24, "bgr0")
            container.mux([*stream.encode(frame), *stream.encode()])
    film = Film.open(tmp_path / "two.mkv")
    assert film.width == 48
    (line,) = told(film, tmp_path / "new.mkv")
    assert "1 further track of pictures" in line


@pytest.mark.parametrize(
    ("suffix", "codec", "pix_fmt"),
    [(".mov", "prores_ks", "yuva444p10le"), (".mov", "qtrle", "argb"), (".mkv", "ffv1", "bgra"),
     (".webm", "libvpx-vp9", "yuva420p")],
)  # fmt: skip
def test_transparency_that_is_lost_is_said(
    tmp_path: Path, suffix: str, codec: str, pix_fmt: str
) -> None:
    clear = np.zeros((48, 64, 4), np.uint8)
    clear[:24, :, 3] = 255
    path = encode(tmp_path / f"a{suffix}", [clear] * 3, codec=codec, pix_fmt=pix_fmt, given="rgba")
    (line,) = told(Film.open(path), tmp_path / "new.mp4")
    assert "transparency" in line


# Sizes, times, fields, colors


def test_a_picture_that_changes_size_is_scaled_to_the_first(tmp_path: Path) -> None:
    parts = [
        shoot(tmp_path / f"{n}.ts", [time + 1.2 * n for time in EVEN], size=size, sound=())
        for n, size in enumerate([(64, 48), (96, 64)])
    ]
    (tmp_path / "turn.ts").write_bytes(b"".join(part.read_bytes() for part in parts))
    film = Film.open(tmp_path / "turn.ts")
    frames = list(film.frames())
    assert {frame.pixels.shape for frame in frames} == {(48, 64, 3)}
    assert len(frames) == 24
    (line,) = told(film, tmp_path / "new.mp4")
    assert "64 × 48" in line


@pytest.mark.parametrize("suffix", [".vob", ".ts", ".mpg"])
@pytest.mark.parametrize("target", [".mp4", ".mkv", ".webm"])
def test_time_that_starts_again_goes_on(tmp_path: Path, suffix: str, target: str) -> None:
    one = shoot(
        tmp_path / f"a{suffix}",
        [n / 25 for n in range(25)],
        sound=("mp2",),
        codec="mpeg2video",
        fps=25,
    )
    both = tmp_path / f"both{suffix}"
    both.write_bytes(one.read_bytes() * 2)
    film = Film.open(both)
    seen = times(film)
    single = times(Film.open(one))
    assert len(seen) == 2 * len(single)
    steps = np.diff(seen)
    assert steps.min() > 0.01
    assert steps.max() < 0.2
    film.save(tmp_path / f"new{target}")
    new = Film.open(tmp_path / f"new{target}")
    assert times(new) == pytest.approx(seen, abs=0.002)
    with av.open(tmp_path / f"new{target}") as container:
        n = sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
    assert n == pytest.approx(2, abs=0.15)


def test_interlaced_frames_are_made_whole(tmp_path: Path) -> None:
    moments = 2 * np.arange(8)[:, None, None] + np.arange(48)[:, None] % 2  # of frames, of fields
    waves = 127 + 120 * np.sin((np.arange(64) - 2 * moments) / 5)
    frames = [np.repeat(wave[..., None], 3, axis=2).astype(np.uint8) for wave in waves]
    path = encode(
        tmp_path / "a.mkv", frames, codec="libx264", pix_fmt="yuv420p",
        options={"crf": "1", "x264-params": "tff=1"},
    )  # fmt: skip
    film = Film.open(path)
    (line,) = told(film, tmp_path / "new.mp4")
    assert "interlaced" in line
    made = list(film.frames())
    assert [float(frame.time) for frame in made] == pytest.approx([n / 10 for n in range(8)])

    def combed(pixels: NDArray[Any]) -> float:
        rows = pixels[..., 0].astype(float)
        return float(np.abs(rows[1:-1] - (rows[:-2] + rows[2:]) / 2).mean())

    assert combed(made[4].pixels) < combed(frames[4]) / 3


@pytest.mark.parametrize(("transfer", "white"), [(16, 0.5807), (18, 0.75)])
def test_high_range_is_converted_and_said(tmp_path: Path, transfer: int, white: float) -> None:
    levels = np.zeros((48, 64, 3), np.uint16)
    levels[:, 32:] = round(65535 * white)  # reference white: 203 cd/m² (ITU-R BT.2408)
    path = encode(
        tmp_path / "a.mkv", [levels] * 3, codec="libx265", pix_fmt="yuv420p10le",
        given="rgb48le", colors=(transfer, 9), options={"x265-params": "log-level=none"},
    )  # fmt: skip
    seen = []

    def watched(frames: Iterator[Frame]) -> Iterator[Frame]:
        for frame in frames:  # seen while they are saved: each reading makes a table of colors anew
            seen.append(frame.pixels)
            yield frame

    (line,) = told(Film.open(path).map_frames(watched), tmp_path / "new.mp4")
    assert len(seen) == 3
    for pixels in seen:
        assert pixels[:, 48:].min() > 225
        assert pixels[:, :16].max() < 8
    assert {16: "PQ", 18: "HLG"}[transfer] in line
    assert "BT.709" in line
    with av.open(tmp_path / "new.mp4") as container:
        assert next(container.decode(video=0)).color_trc == 1


def test_colors_that_can_not_be_converted_are_said(tmp_path: Path) -> None:
    path = encode(
        tmp_path / "a.mkv",
        [np.zeros((48, 64, 3), np.uint8)],
        codec="libx264",
        pix_fmt="yuv420p",
        options={"x264-params": "colormatrix=YCgCo"},
    )
    with refused("input.kind", path, "save it as MP4"):
        Film.open(path)


# Cut off


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4"])
def test_a_film_that_is_cut_off_is_kept_and_said(tmp_path: Path, name: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (60, 48, 64, 3), dtype=np.uint8)
    fast = {"movflags": "faststart"} if name == "a.mp4" else {}
    path = tmp_path / name
    with av.open(path, "w", options=fast) as container:
        stream: Any = container.add_stream("mpeg4", rate=10)
        stream.height, stream.width = 48, 64
        for pixels in noise:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        container.mux(stream.encode())
    assert told(Film.open(path), tmp_path / "whole.mkv") == []
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    film = Film.open(path)
    said = told(film, tmp_path / "new.mkv")
    assert 20 < len(times(film)) < 40
    assert len([line for line in said if "of 6.00 s" in line or "damaged at" in line]) == 1


def test_a_pause_before_the_last_frames_cuts_nothing_off(tmp_path: Path) -> None:
    late = [0, 0.04, 0.5, 0.52, 1.2, 1.3, 1.31, 2, 2.5, 2.6, 4, 4.1]
    film = Film.open(shoot(tmp_path / "a.mkv", late, sound=()))
    assert told(film, tmp_path / "new.mkv") == []


def test_frames_that_are_read_in_part_are_said(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (30, 48, 64, 3), dtype=np.uint8)
    path = encode(tmp_path / "a.ts", list(noise), codec="libx264", pix_fmt="yuv420p")
    assert told(Film.open(path), tmp_path / "whole.mkv") == []
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 600] = bytes(600)
    path.write_bytes(data)
    said = " ".join(told(Film.open(path), tmp_path / "new.mkv"))
    assert "damaged frame" in said
    assert "shown with what could be read" in said
