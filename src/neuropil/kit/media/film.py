"""A film: frames with their times, and the sound that goes with them.

    film = Film.open("old.mp4")
    film.map_frames(lambda frames: map(brighten, frames)).save("new.mp4")

Frames pass one by one, so that memory does not grow with the length. Their times are kept, evenly
spaced or not; sound goes from file to file as it is where the new container can hold it. What can't
be kept as it is, damage included, is said, and the rest goes on. PyAV is imported once there is a
film.

Dimension key: H, W height and width.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from neuropil.kit.errors import UserError, require_file
from neuropil.kit.formats import MAX_PIXELS, QUALITY
from neuropil.kit.media import film_writer, icc, image_reader
from neuropil.kit.media.film_container import (
    Tell,
    find_damaged_rate,
    find_picture,
    find_start,
    holds_film,
    list_sounds,
    open_container,
    read_pixel_aspect,
    read_rate,
    read_tick,
    tell_left_out,
)
from neuropil.kit.media.film_packets import Damage, read_packets
from neuropil.kit.media.frame import Frame
from neuropil.kit.progress import tell_of, track

if TYPE_CHECKING:
    from av import VideoFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.filter import Graph
    from av.video.reformatter import VideoReformatter
    from av.video.stream import VideoStream

SUFFIXES = frozenset(  # by which films are looked for in folders; others are tried when named
    ".3g2 .3gp .amv .asf .avi .divx .dv .f4v .flv .gxf .ivf .m1v .m2p .m2t .m2ts .m2v .m4v .mj2"
    " .mjpeg .mjpg .mkv .mov .mp4 .mpe .mpeg .mpg .mpv .mts .mxf .nut .nuv .ogm .ogv .qt .rm .rmvb"
    " .tod .trp .ts .vob .vro .webm .wmv .wtv .y4m".split()
)
BT709, UNSPECIFIED = 1, 2  # color spaces
HD = 720  # lines from which a film is one of high definition
LEAST = 4  # pixels a side that FFmpeg's filter of interlaced frames takes
STRIDE = 24  # frames of a short film, of which one is looked at


FrameTransform = Callable[[Iterator[Frame]], Iterator[Frame]]


@dataclass(frozen=True, eq=False)
class Film:
    """A film in a file, and the changes that its frames go through on their way out of it."""

    KIND: ClassVar = "film"
    READS: ClassVar = SUFFIXES  # of this file, that films are read from
    SUFFIXES: ClassVar = tuple(film_writer.KINDS)
    ANIMATED: ClassVar = (".gif", ".png", ".apng")  # of pictures, which are films if they move

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
        with open_container(path) as source:
            stream = find_picture(path, source)
            fps = read_rate(stream)
            n_frames = stream.frames or None
            told = None if find_damaged_rate(stream) else source.duration
            seconds = told / 1e6 if told else float((n_frames or 0) / fps)
        first = next(_decode(path, _ignore), None)
        if first is None:
            words = f"{path} has no frame that can be read; find a whole copy"
            raise UserError("input.damaged", words, path=path)
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

    @classmethod
    def recognize(cls, path: Path) -> bool:
        """Tell by its content whether a file is a film, whatever its name ends in."""
        return holds_film(path)

    @classmethod
    def recognize_animation(cls, path: Path) -> bool:
        """Tell an animated GIF or PNG, which is a film to whoever takes films."""
        return image_reader.count_pages(path) > 1 and cls.recognize(path)

    @property
    def metadata(self) -> dict[str, str]:
        """Read what the container says of the film: title, comment and so on, in small letters."""
        with open_container(self.path) as source:
            return {key.lower(): value for key, value in source.metadata.items()}

    @property
    def pixel_aspect(self) -> Fraction:
        """Read how wide a pixel is by its height: 1 but in anamorphic films."""
        with open_container(self.path) as source:
            return read_pixel_aspect(find_picture(self.path, source), self.width)

    def frames(self) -> Iterator[Frame]:
        """Decode from the beginning, frame by frame."""
        return self._change(_decode(self.path, partial(tell_of, self.path)))

    def sample(self, n: int) -> Iterator[Frame]:
        """Look at up to n frames: of a long film at keyframes all over it, else at each 24th."""
        if self.seconds * self.fps > n * STRIDE:
            return self._change(_decode_keyframes(self.path, n))
        return islice(self.frames(), 0, n * STRIDE, STRIDE)

    def _change(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        for change in self.transforms:
            frames = change(frames)
        return frames

    def map_frames(self, function: FrameTransform) -> Self:
        """Return a film whose frames are those that `function` makes of this one's."""
        return replace(self, transforms=(*self.transforms, function))

    def save(self, path: Path | str, *, quality: int = QUALITY) -> None:
        """Write MP4, MOV, MKV (H.264) or WebM (VP9), by the ending of `path`, with the sound."""
        path, tell = Path(path), partial(tell_of, self.path)
        film_writer.choose_format(path, quality)
        total = self.n_frames or round(self.seconds * self.fps) or None
        frames = track(self.frames(), total=total, title=self.path.name)
        with open_container(self.path) as container:
            picture, sounds = find_picture(self.path, container), list_sounds(container)
            tell_left_out(container, tell)
            source = film_writer.Source(
                container,
                picture,
                sounds,
                partial(_read_sounds, container, (picture, *sounds), tell),
                self.fps,
                self.width,
                find_start(container),
            )
            film_writer.write_with_sound(path, frames, source, quality, tell)


def _ignore(sentence: str) -> None:
    """Let a sentence pass that is said when the film is read in earnest."""


# Sounds


def _read_sounds(
    source: "InputContainer",
    streams: "tuple[VideoStream | AudioStream, ...]",
    tell: Tell,
    decoded: frozenset[int],
) -> film_writer.Sounds:
    """Read all sounds, those of some streams decoded; each ends in None."""
    damage = Damage("piece of sound")
    sounds = {stream.index: stream for stream in streams if stream.type == "audio"}
    for packet in read_packets(source, streams, _ignore):
        index = packet.stream.index
        if index in decoded:
            yield from ((index, frame) for frame in damage.decode(sounds[index], packet))
        elif index in sounds:
            yield index, packet
    for index, stream in sounds.items():
        if index in decoded:
            yield from ((index, frame) for frame in damage.decode(stream, None))
        yield index, None
    damage.tell(tell)


# Frames


def _decode(path: Path, tell: Tell) -> Iterator[Frame]:
    """Decode the frames of a film, upright, of one size, and without interlacing."""
    import av

    with open_container(path) as source:
        stream = find_picture(path, source)
        stream.thread_type = "SLICE"  # with whole frames at once, damage costs frames beside it too
        try:
            frames = _deinterlace(_resize(_decode_stream(source, stream, tell), tell), tell)
            yield from _place_frames(frames, stream, tell)
        except av.MemoryError:
            raise
        except av.FFmpegError as error:
            words = f"{path}: its frames can't be converted ({error.strerror}); save it as MP4"
            raise UserError("input.kind", words, path=path) from error


def _decode_keyframes(path: Path, n: int) -> Iterator[Frame]:
    """Decode the keyframes before n moments, each once; where none can be looked up, the next."""
    import av

    def look_up() -> "Iterator[VideoFrame]":
        last = None
        for k in range(n):
            with suppress(av.FFmpegError):
                source.seek((source.start_time or 0) + (source.duration or 0) * k // n)
            with suppress(av.FFmpegError, StopIteration):
                frame = next(source.decode(stream))
                if frame.pts is None or frame.pts != last:
                    yield frame
                last = frame.pts

    with open_container(path) as source:
        stream = find_picture(path, source)
        stream.codec_context.skip_frame = "NONKEY"
        yield from _place_frames(_resize(look_up(), _ignore), stream, _ignore)


def _place_frames(
    frames: "Iterator[VideoFrame]", stream: "VideoStream", tell: Tell
) -> Iterator[Frame]:
    """Give frames their colors and their times, those that have none a step after the last."""
    from av.video.reformatter import VideoReformatter

    step, damaged = 1 / read_rate(stream), find_damaged_rate(stream)
    if damaged:
        tell(f"its frame rate, {float(damaged):.3g} a second, is damaged; {1 / step} is taken")
    time: Fraction = -step
    convert = VideoReformatter()  # one for all: its table of colors takes seconds to calculate
    for number, frame in enumerate(frames):
        if number == 0:
            _tell_colors(frame, stream, tell)
        ticks = frame.pts if frame.pts is not None else frame.dts
        time = time + step if damaged or ticks is None else ticks * read_tick(frame)
        lasts = step if damaged else Fraction(frame.duration or 0) * read_tick(frame)
        yield Frame(_upright(frame, convert), time, lasts)


def _decode_stream(
    source: "InputContainer", stream: "VideoStream", tell: Tell
) -> "Iterator[VideoFrame]":
    damage = Damage("frame")
    for packet in read_packets(source, (stream, *list_sounds(source)), tell):
        if packet.stream.index == stream.index:
            yield from damage.decode(stream, packet)
    yield from damage.decode(stream, None)
    damage.tell(tell)


def _resize(frames: "Iterator[VideoFrame]", tell: Tell) -> "Iterator[VideoFrame]":
    """Scale frames to the size and kind of the first: some broadcasts change theirs midway."""
    first, told = None, False
    for frame in frames:
        first = first or frame
        size = first.width, first.height
        if (frame.width, frame.height) != size and not told:
            told = True
            tell(f"its size changes midway; all is scaled to the first, {size[0]} × {size[1]}")
        yield frame.reformat(*size, first.format.name)


def _deinterlace(frames: "Iterator[VideoFrame]", tell: Tell) -> "Iterator[VideoFrame]":
    """Make whole pictures of those that consist of two fields, taken one after the other."""
    graph = None
    for frame in frames:
        if graph is None and frame.interlaced_frame and min(frame.width, frame.height) >= LEAST:
            graph = _deinterlacer(frame)
            tell("its interlaced frames are made whole (FFmpeg's bwdif)")
        yield from [frame] if graph is None else _filter(graph, frame)
    if graph is not None:
        yield from _filter(graph, None)


def _deinterlacer(frame: "VideoFrame") -> "Graph":
    """Build FFmpeg's filter for frames like this one; frames that are whole pass as they are."""
    from av.filter import Graph

    graph = Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
    )
    whole = graph.add("bwdif", "mode=send_frame:deint=interlaced")
    graph.link_nodes(source, whole, graph.add("buffersink")).configure()
    return graph


def _filter(graph: "Graph", frame: "VideoFrame | None") -> "Iterator[VideoFrame]":
    """Push a frame, None at the end, and take what is ready."""
    import av

    graph.vpush(frame)
    while True:
        try:
            yield graph.vpull()
        except (av.BlockingIOError, av.EOFError):
            return


def _upright(frame: "VideoFrame", convert: "VideoReformatter") -> NDArray[np.uint8]:
    """Take the pixels, turned and mirrored as the file says that they are to be shown."""
    untold = frame.colorspace == UNSPECIFIED and frame.height >= HD  # players take BT.709 then
    colors: dict[str, Any] = {"src_colorspace": "ITU709" if untold else None}
    if icc.is_wide(frame.color_primaries, frame.color_trc):
        colors |= {"dst_color_trc": BT709, "dst_color_primaries": BT709}
        frame.color_trc = frame.color_trc if frame.color_trc in icc.HDR else BT709
        is_wide = frame.color_primaries in icc.WIDE
        frame.color_primaries = frame.color_primaries if is_wide else BT709
    pixels: NDArray[Any] = convert.reformat(frame, format="rgb24", **colors).to_ndarray()
    given: Any = frame.side_data.get("DISPLAYMATRIX")
    if given is None:
        return pixels
    a, b, _, c, d = np.frombuffer(given, np.int32)[:5]  # x' = a·x + c·y, y' = b·x + d·y
    if abs(b) > abs(a):  # lies on its side
        pixels, a, d = pixels.swapaxes(0, 1), c, b
    return np.ascontiguousarray(pixels[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1])


def _tell_colors(frame: "VideoFrame", stream: "VideoStream", tell: Tell) -> None:
    """Say what of the colors is not kept: a high range, a wide gamut, alpha."""
    if icc.is_wide(frame.color_primaries, frame.color_trc):
        given = icc.word_colors(frame.color_primaries, frame.color_trc)
        tell(f"its colors, {given}, are converted to those of ordinary films (BT.709)")
    if any(c.is_alpha for c in frame.format.components) or stream.metadata.get("alpha_mode") == "1":
        tell("transparency, where it has any, is left out: films are written without")
