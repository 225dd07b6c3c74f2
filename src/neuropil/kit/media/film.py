"""A film: frames with their times, and the sound that goes with them.

    film = Film.open("old.mp4")
    film.map_frames(lambda frames: map(brighten, frames)).save("new.mp4")

Frames pass one by one, so that memory does not grow with the length. Their times are kept, evenly
spaced or not; sound goes from file to file as it is where the new container can hold it. PyAV is
imported once there is a film.

Dimension key: H, W height and width.
"""

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from neuropil.kit.atomic import atomic_path
from neuropil.kit.errors import UserError, require_file
from neuropil.kit.formats import MAX_PIXELS, QUALITIES, QUALITY
from neuropil.kit.progress import track

if TYPE_CHECKING:
    from av import Packet, VideoFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.video.stream import VideoStream

T = TypeVar("T")

SUFFIXES = frozenset(  # by which a film is told from a picture
    ".3gp .avi .flv .m2ts .m4v .mkv .mov .mp4 .mpeg .mpg .mts .ogv .ts .vob .webm .wmv".split()
)


@dataclass(frozen=True)
class ContainerFormat:
    """What goes into a container: codecs for picture and sound, and the sounds that may stay."""

    picture: str
    sound: str
    copied_audio_codecs: frozenset[str]  # those that players of the kind know, by FFmpeg's names


MUSIC = frozenset("aac ac3 alac eac3 mp3 mp3float".split())
RAW = frozenset("pcm_s16be pcm_s16le pcm_s24be pcm_s24le".split())
FREE = frozenset("opus vorbis".split())
KINDS = {
    ".mp4": ContainerFormat("libx264", "aac", MUSIC | {"flac", "opus"}),
    ".mov": ContainerFormat("libx264", "aac", MUSIC | RAW),
    ".mkv": ContainerFormat(
        "libx264", "aac", MUSIC | FREE | {"dca", "flac", "mp2", "mp2float", "pcm_s16le"}
    ),
    ".webm": ContainerFormat("libvpx-vp9", "libopus", FREE),
}
FASTSTART_SUFFIXES = (".mp4", ".mov")  # whose index goes to the front, so that pages can play them
UNSPECIFIED, HD = 2, 720  # color space; lines from which a film is one of high definition
BT709, LIMITED = 1, 1  # the colors of films, and their range from 16 to 235
OPUS_HZ = 48_000
LAYOUTS = {1: "mono", 2: "stereo"}
AUDIO_BITRATE = 96_000  # of sound a second and channel
DEFAULT_FPS = Fraction(25)
TICKS_PER_FRAME = 600  # of the clock to a frame, where we choose it


@dataclass(frozen=True, eq=False)
class Frame:
    """Upright RGB pixels (H, W, 3) and the moment at which they appear, in seconds."""

    pixels: NDArray[np.uint8]
    time: Fraction


FrameTransform = Callable[[Iterator[Frame]], Iterator[Frame]]
Route = Callable[["Packet[Any]"], "list[Packet[Any]]"]


@dataclass(frozen=True, eq=False)
class Film:
    """A film in a file, and the changes that its frames go through on their way out of it."""

    KIND: ClassVar = "film"
    READS: ClassVar = SUFFIXES  # of this file, that films are read from
    SUFFIXES: ClassVar = tuple(KINDS)

    path: Path
    width: int
    height: int
    fps: Fraction  # on average
    n_frames: int | None  # where the file tells
    seconds: float
    transforms: tuple[FrameTransform, ...] = ()

    @classmethod
    def open(cls, path: Path | str, *, max_pixels: int = MAX_PIXELS) -> Self:
        """Read what the film says of itself, and its first frame of at most so many pixels."""
        path = Path(path)
        require_file(path, "film")
        with _open_container(path) as source:
            stream = _picture_stream(path, source)
            fps = stream.average_rate or stream.guessed_rate or DEFAULT_FPS
            n_frames = stream.frames or None
            seconds = source.duration / 1e6 if source.duration else float((n_frames or 0) / fps)
        first = next(_decode(path), None)
        if first is None:
            raise UserError(
                "input.damaged",
                f"{path} has no frame that can be read; find a whole copy",
                path=path,
            )
        height, width, _ = first.pixels.shape
        if height * width > max_pixels:
            raise UserError(
                "input.too_large",
                f"{path} has {height * width} pixels a frame and the limit is {max_pixels};"
                " raise it by --max-pixels",
                path=path,
                value=height * width,
                high=max_pixels,
            )
        return cls(path, width, height, fps, n_frames, seconds)

    @property
    def metadata(self) -> dict[str, str]:
        """Read what the container says of the film: title, comment and so on, in small letters."""
        with _open_container(self.path) as source:
            return {key.lower(): value for key, value in source.metadata.items()}

    def frames(self) -> Iterator[Frame]:
        """Decode from the beginning, frame by frame."""
        frames = _decode(self.path)
        for change in self.transforms:
            frames = change(frames)
        return frames

    def map_frames(self, function: FrameTransform) -> Self:
        """Return a film whose frames are those that `function` makes of this one's."""
        return replace(self, transforms=(*self.transforms, function))

    def save(self, path: Path | str, *, quality: int = QUALITY) -> None:
        """Write MP4, MOV, MKV (H.264) or WebM (VP9), by the ending of `path`, with the sound."""
        path = Path(path)
        kind = _kind(path, quality)
        total = self.n_frames or round(self.seconds * self.fps) or None
        frames = track(self.frames(), total=total, title=self.path.name)
        with atomic_path(path) as temporary:
            _write(self, frames, temporary, kind, quality)


def write_film(
    path: Path | str,
    frames: Iterable[Frame],
    *,
    fps: Fraction,
    quality: int = QUALITY,
    notes: Mapping[str, str] | None = None,
) -> None:
    """Write frames that come from no file as a silent film; raises UserError where there is none.

    notes: what the container says of it; of any length in MP4, MKV and WebM
    """
    import av

    path, frames = Path(path), iter(frames)
    kind = _kind(path, quality)
    first = next(frames, None)
    if first is None:
        raise UserError("input.empty", f"{path} would have no frame; give it some")
    with atomic_path(path) as temporary, av.open(temporary, "w", options=_options(path)) as target:
        target.metadata.update(notes or {})
        picture = _picture_encoder(target, kind.picture, first.pixels.shape, quality)
        picture.codec_context.framerate = fps
        picture.time_base = picture.codec_context.time_base = 1 / (fps * TICKS_PER_FRAME)
        for packet in _encode(itertools.chain([first], frames), picture):
            target.mux(packet)


def write_gif(
    path: Path, frames: Iterable[NDArray[np.uint8]], colors: NDArray[np.uint8], *, fps: int
) -> None:
    """Write an animation that begins again and again; FFmpeg keeps of a frame only what changed.

    frames: (H, W) each, the numbers of their pixels' colors
    colors: (N, 3), red, green and blue of at most 256
    """
    import av

    palette = np.full((256, 4), 255, np.uint8)  # opaque, red, green, blue
    palette[: len(colors), 1:] = colors
    frames = iter(frames)
    first = next(frames)
    with atomic_path(path) as temporary, av.open(temporary, "w", format="gif") as target:
        stream = target.add_stream("gif", rate=fps)
        stream.height, stream.width = first.shape
        stream.pix_fmt = "pal8"
        for number, numbers in enumerate(itertools.chain([first], frames)):
            indexed: Any = (numbers, palette)  # as pal8 takes it; PyAV's types leave it out
            frame = av.VideoFrame.from_ndarray(indexed, format="pal8")
            frame.pts = number
            target.mux(stream.encode(frame))
        target.mux(stream.encode())


# Reading


def _open_container(path: Path) -> "InputContainer":
    import av

    try:
        return av.open(path)
    except av.FFmpegError as error:
        raise UserError(
            "input.damaged", f"{path} can't be read as a film: {error.strerror}", path=path
        ) from error


def _picture_stream(path: Path, source: "InputContainer") -> "VideoStream":
    """Find the film among the streams; the cover of a song is none."""
    from av.stream import Disposition

    for stream in source.streams.video:
        if stream.codec_context and not stream.disposition & Disposition.attached_pic:
            return stream
    raise UserError("input.kind", f"{path} has no moving picture in it; name a film", path=path)


def _decode(path: Path) -> Iterator[Frame]:
    with _open_container(path) as source:
        stream = _picture_stream(path, source)
        stream.thread_type = "AUTO"
        start, step = _start(source), 1 / (stream.average_rate or DEFAULT_FPS)
        time = -step
        for frame in _whole(path, source.decode(stream)):
            ticks = frame.pts if frame.pts is not None else frame.dts
            time = time + step if ticks is None else Fraction(ticks) * _clock(stream) - start
            yield Frame(_upright(frame), time)


def _whole(path: Path, items: Iterator[T]) -> Iterator[T]:
    """Pass on what is read from a file; damage ends in a sentence."""
    import av

    try:
        yield from items
    except av.FFmpegError as error:
        raise UserError(
            "input.damaged", f"{path} is damaged: {error.strerror}; find a whole copy", path=path
        ) from error


def _upright(frame: "VideoFrame") -> NDArray[np.uint8]:
    """Take the pixels, turned as the camera says that it was held."""
    untold = frame.colorspace == UNSPECIFIED and frame.height >= HD  # players take BT.709 then
    pixels = frame.to_ndarray(format="rgb24", src_colorspace="ITU709" if untold else None)
    return np.ascontiguousarray(np.rot90(pixels, frame.rotation // 90))


def _clock(stream: "VideoStream | AudioStream") -> Fraction:
    assert stream.time_base, "every container has a clock"
    return stream.time_base


def _start(source: "InputContainer") -> Fraction:
    """Find the moment at which the file begins, which becomes zero: some start hours late."""
    streams: list[VideoStream | AudioStream] = [*source.streams.video, *source.streams.audio]
    starts = [s.start_time * _clock(s) for s in streams if s.start_time is not None]
    return max(Fraction(0), min(starts, default=Fraction(0)))


# Writing


def _kind(path: Path, quality: int) -> ContainerFormat:
    """Choose by the ending of a name; raises UserError where it or the quality is no good."""
    if path.suffix.lower() not in KINDS:
        raise UserError(
            "output.ending",
            f"{path}: films can't be written so; end the name in {', '.join(KINDS)}",
            path=path,
            possible=tuple(KINDS),
        )
    QUALITIES.check("quality", quality)
    return KINDS[path.suffix.lower()]


def _write(
    film: Film, frames: Iterator[Frame], path: Path, kind: ContainerFormat, quality: int
) -> None:
    """Encode the frames and bring the sound along, in the order of their times."""
    import av

    with _open_container(film.path) as source, av.open(path, "w", options=_options(path)) as target:
        target.metadata.update(source.metadata)
        first = next(frames)  # Film.open has seen that there is one
        picture = _picture_encoder(target, kind.picture, first.pixels.shape, quality)
        _set_clock_and_shape(picture, film, _picture_stream(film.path, source))
        routes = {s.index: _route(target, kind, s, _start(source)) for s in _sounds(source)}
        packets = heapq.merge(
            _encode(itertools.chain([first], frames), picture),
            _whole(film.path, _route_sound(source, routes)),
            key=_moment,
        )
        for packet in packets:
            target.mux(packet)


def _options(path: Path) -> dict[str, str]:
    return {"movflags": "+faststart"} if path.suffix.lower() in FASTSTART_SUFFIXES else {}


def _moment(packet: "Packet[Any]") -> Fraction:
    assert packet.dts is not None, "only ends of streams have no time, and these are not written"
    return packet.dts * packet.time_base


def _picture_encoder(
    target: "OutputContainer", codec: str, shape: tuple[int, ...], quality: int
) -> "VideoStream":
    """Add the stream of pictures.

    H.264 cuts colors into 2×2 blocks, which odd sizes don't have: there every pixel keeps a color
    of its own, which fewer players show. VP9 has no such rule.
    """
    factor = min(51, round(18 + 0.4 * (QUALITY - quality)))  # 18: hardly told from the source
    options = {"crf": str(factor), "preset": "veryfast"}
    if codec == "libvpx-vp9":
        options = {"crf": str(factor * 63 // 51), "cpu-used": "5", "row-mt": "1"}
    stream = cast("VideoStream", target.add_stream(codec, options=options))
    stream.height, stream.width = shape[:2]
    odd = stream.height % 2 or stream.width % 2
    stream.pix_fmt = "yuv444p" if odd and codec == "libx264" else "yuv420p"
    context = stream.codec_context
    context.color_range, context.colorspace = LIMITED, BT709
    context.color_primaries = context.color_trc = BT709
    return stream


def _set_clock_and_shape(stream: "VideoStream", film: Film, given: "VideoStream") -> None:
    """Take over the clock, so that no time has to be rounded, and the shape of a pixel."""
    context = stream.codec_context
    context.framerate = film.fps
    stream.time_base = context.time_base = _clock(given)
    if aspect := given.sample_aspect_ratio:
        lies = film.width != given.width  # the camera was held on its side
        context.sample_aspect_ratio = 1 / aspect if lies else aspect


def _encode(frames: Iterable[Frame], stream: "VideoStream") -> "Iterator[Packet[Any]]":
    import av

    base, last = stream.codec_context.time_base, -1
    for frame in frames:
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame.pixels), "rgb24")
        picture = picture.reformat(
            format=stream.pix_fmt, dst_colorspace="ITU709", dst_color_range=LIMITED
        )
        last = max(round(frame.time / base), last + 1)
        picture.pts, picture.time_base = last, base
        yield from stream.encode(picture)
    yield from stream.encode()


def _sounds(source: "InputContainer") -> "list[AudioStream]":
    return [stream for stream in source.streams.audio if stream.codec_context]


def _route(
    target: "OutputContainer", kind: ContainerFormat, given: "AudioStream", start: Fraction
) -> Route:
    """Add a stream of sound: the same where it may stay, else one that is encoded anew."""
    same = given.codec_context.name in kind.copied_audio_codecs
    if same:
        stream = target.add_stream_from_template(given)
    else:
        rate = OPUS_HZ if kind.sound == "libopus" else given.rate
        layout = LAYOUTS.get(given.channels, given.layout.name)  # AVI names no layout
        stream = cast("AudioStream", target.add_stream(kind.sound, rate=rate, layout=layout))
        stream.bit_rate = AUDIO_BITRATE * given.channels
    stream.metadata.update(given.metadata)
    late = round(start / _clock(given))

    def copied(packet: "Packet[Any]") -> "list[Packet[Any]]":
        if packet.dts is None:  # an empty one, which marks the end
            return []
        packet.dts -= late
        packet.pts = packet.dts if packet.pts is None else packet.pts - late
        packet.stream = stream
        return [packet]

    def encoded(packet: "Packet[Any]") -> "list[Packet[Any]]":
        made = []
        for frame in given.decode(packet):
            frame.pts = None if frame.pts is None else frame.pts - late
            made += stream.encode(frame)
        return made if packet.dts is not None else made + stream.encode()

    return copied if same else encoded


def _route_sound(source: "InputContainer", routes: dict[int, Route]) -> "Iterator[Packet[Any]]":
    """Send every packet of sound along its route."""
    if routes:
        for packet in source.demux(_sounds(source)):
            yield from routes[packet.stream.index](packet)
