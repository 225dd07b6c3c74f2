"""Color profiles (ICC): pixels of any profile to sRGB, and sRGB back to the profile of a file.

Pictures of 8 bits go through LittleCMS, which Pillow brings. It has no 16-bit door, so those are
calculated here: for the profiles in which scans are kept (Adobe RGB, ProPhoto, Display P3, grey
with a gamma) a profile is one curve per channel and a 3×3 matrix:

    linear = curve[value]      XYZ = M · linear      sRGB = curve⁻¹(M⁻¹ · XYZ)

Some files have no profile, but say their colors by numbers (ITU-T H.273), which FFmpeg converts, or
by a gamma and primaries (PNG), which make a matrix too.

Dimension key: H, W height and width; curves are tables over all 65536 values.
"""

import io
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageCms

from neuropil.kit.errors import UserError
from neuropil.kit.progress import ticking

Deep = NDArray[np.uint16]
Floats = NDArray[np.float32]

TOP = 65535  # the greatest value of a 16-bit channel
FINE = 1 << 20  # entries of a table from linear light: dark tones need more than 65536
PIXELS_AT_ONCE = 1 << 20  # so that 50 megapixels need no float copy of their own
# Columns are XYZ of red, green and blue, under the white of all profiles (D50; ICC.1:2022, sRGB).
XYZ_FROM_SRGB = np.array(
    [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]
)
BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
HDR = {16: "PQ", 18: "HLG"}  # transfer functions of a high range, by their numbers
WIDE = {9: "BT.2020", 11: "DCI-P3", 12: "Display P3"}  # primaries of more colors than sRGB
SRGB_TRANSFER, SRGB_PRIMARIES = 13, 1
USUAL_GAMMA = 0.45455  # of PNG: near enough to the curve of sRGB, which is meant by it
SAME_GAMMA, SAME_PLACE = 0.01, 0.002  # deviations that mean the same


@dataclass(frozen=True, eq=False)
class MatrixProfile:
    """What a simple profile consists of: curves (1 or 3 × 65536) and the XYZ of its primaries."""

    curves: tuple[Floats, ...]
    primaries: NDArray[np.float64]


def color_space(profile: bytes | None) -> str | None:
    """Name what the numbers of a profile are: RGB, GRAY, CMYK ... A damaged one counts as none."""
    try:
        return _open_profile(profile).profile.xcolor_space.strip() if profile else None
    except (OSError, ImageCms.PyCMSError):
        return None


@lru_cache(maxsize=1)
def srgb() -> bytes:
    """Make the sRGB profile, without the time of its making: same input, same output."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return data[:24] + bytes(12) + data[36:]


@lru_cache(maxsize=4)
def is_srgb(profile: bytes) -> bool:
    """Try an RGB profile on some colors: names tell too little, and most cameras' are sRGB."""
    levels = np.linspace(0, 255, 7).round().astype(np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
    turned = np.asarray(_convert_by_lcms(Picture.fromarray(cube), profile, srgb()))
    return int(np.abs(turned.astype(int) - cube).max()) <= 2


def to_srgb(image: Picture.Image, profile: bytes | None) -> Picture.Image:
    """Turn 8-bit pixels of any kind, without alpha, into sRGB."""
    given = color_space(profile)
    if profile and given == {"L": "GRAY", "CMYK": "CMYK"}.get(image.mode, "none"):
        return _convert_by_lcms(image, profile, srgb())
    if image.mode != "RGB":
        image = image.convert("RGB")
    if profile and given == "RGB" and not is_srgb(profile):
        return _convert_by_lcms(image, profile, srgb())
    return image


def to_srgb_16_bit(pixels: Deep, profile: bytes | None) -> Deep:
    """Turn 16-bit grey (H, W) or RGB (H, W, 3) into sRGB (H, W, 3), with nothing rounded to 8."""
    given = color_space(profile)
    if profile and given == "GRAY" and pixels.ndim == 2:
        pixels = _invert_curve(_srgb_curve())[_index(_shape(profile).curves[0])][pixels]
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    if profile and given == "RGB" and not is_srgb(profile):
        return _map_linear(pixels, _shape(profile), _srgb_shape())
    return pixels


def from_srgb(pixels: NDArray[Any], profile: bytes | None) -> NDArray[Any]:
    """Turn sRGB pixels (H, W, 3) of 8 or 16 bits into those of an RGB profile."""
    if profile is None or color_space(profile) != "RGB" or is_srgb(profile):
        return pixels
    if pixels.dtype == np.uint16:
        return _map_linear(pixels, _srgb_shape(), _shape(profile))
    return np.asarray(_convert_by_lcms(Picture.fromarray(pixels), srgb(), profile))


def is_wide(primaries: int, transfer: int) -> bool:
    """Tell colors by numbers that sRGB doesn't have."""
    return transfer in HDR or primaries in WIDE


def word_colors(primaries: int, transfer: int) -> str:
    """Name colors by numbers: PQ and BT.2020."""
    return " and ".join(filter(None, [HDR.get(transfer), WIDE.get(primaries)]))


def from_numbers(pixels: NDArray[Any], primaries: int, transfer: int) -> NDArray[Any]:
    """Turn pixels (H, W, 3) of 8 or 16 bits into sRGB, by FFmpeg: white stays, brighter is cut."""
    import av

    kind = "rgb48le" if pixels.dtype == np.uint16 else "rgb24"
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), kind)
    frame.color_primaries = primaries if primaries in WIDE else SRGB_PRIMARIES
    frame.color_trc = transfer if transfer in HDR else SRGB_TRANSFER
    made: NDArray[Any] = frame.to_ndarray(
        format=kind, dst_color_trc=SRGB_TRANSFER, dst_color_primaries=SRGB_PRIMARIES
    )
    return made


def from_gamma(
    pixels: NDArray[Any], gamma: float | None, chromaticity: tuple[float, ...] | None
) -> NDArray[Any]:
    """Turn pixels (H, W, 3) of 8 or 16 bits into sRGB whose PNG says an exponent, and primaries.

    gamma: value = linear ** gamma; None where it is not told, and pixels are sRGB
    chromaticity: x, y of white, red, green, blue
    """
    if not gamma:
        return pixels
    primaries = _xyz_from_rgb(chromaticity)
    is_usual = abs(gamma - USUAL_GAMMA) < SAME_GAMMA
    if is_usual and np.abs(primaries - XYZ_FROM_SRGB).max() < SAME_PLACE:
        return pixels
    curve = (np.linspace(0, 1, TOP + 1) ** (1 / gamma)).astype(np.float32)
    shape = MatrixProfile((curve,) * 3, primaries)
    deep = pixels if pixels.dtype == np.uint16 else pixels.astype(np.uint16) * 257
    mapped = _map_linear(deep, shape, _srgb_shape())
    return mapped if pixels.dtype == np.uint16 else (mapped / 257).round().astype(np.uint8)


def _xyz_from_rgb(chromaticity: tuple[float, ...] | None) -> NDArray[np.float64]:
    """Find the XYZ of primaries under the white of profiles; sRGB's where nothing is told."""
    if not chromaticity or min(chromaticity[1::2]) <= 0:
        return XYZ_FROM_SRGB
    x, y = np.array(chromaticity[::2]), np.array(chromaticity[1::2])
    white, *colors = np.stack([x / y, np.ones(4), (1 - x - y) / y], axis=1)
    columns = np.array(colors).T
    columns = columns * np.linalg.solve(columns, white)
    cones = BRADFORD @ XYZ_FROM_SRGB.sum(axis=1) / (BRADFORD @ white)
    adapted: NDArray[np.float64] = np.linalg.inv(BRADFORD) @ np.diag(cones) @ BRADFORD @ columns
    return adapted


def _open_profile(profile: bytes) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(profile))


def _convert_by_lcms(image: Picture.Image, source: bytes, target: bytes) -> Picture.Image:
    """Convert by LittleCMS."""
    result = ImageCms.profileToProfile(
        image, _open_profile(source), _open_profile(target), outputMode="RGB"
    )
    return cast(Picture.Image, result)  # None is for work in place


def _map_linear(pixels: Deep, source: MatrixProfile, target: MatrixProfile) -> Deep:
    """Carry every pixel through linear light; what the target can't show is cut to its edge."""
    H, W, C = pixels.shape
    matrix = np.linalg.solve(target.primaries, source.primaries).astype(np.float32)
    encodings = [_invert_curve(curve) for curve in target.curves]
    mapped = np.empty_like(pixels)
    step = max(1, PIXELS_AT_ONCE // W)
    for rows in ticking(slice(top, top + step) for top in range(0, H, step)):
        part = pixels[rows]
        linear = np.stack([source.curves[c][part[..., c]] for c in range(C)], axis=-1)
        index = _index(linear @ matrix.T)
        for c in range(C):
            mapped[rows, :, c] = encodings[c][index[..., c]]
    return mapped


def _index(linear: Floats) -> NDArray[np.int32]:
    """Round linear light, 0 to 1, to the place in a table of FINE + 1 entries."""
    return (linear.clip(0, 1) * np.float32(FINE) + np.float32(0.5)).astype(np.int32)


def _invert_curve(curve: Floats) -> Deep:
    """Invert a curve: the 16-bit value for each of FINE + 1 steps of linear light."""
    steps = np.linspace(0, 1, FINE + 1)
    return np.interp(steps, curve, np.arange(TOP + 1)).round().astype(np.uint16)


def _srgb_curve() -> Floats:
    value = np.linspace(0, 1, TOP + 1)
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return linear.astype(np.float32)


def _srgb_shape() -> MatrixProfile:
    return MatrixProfile((_srgb_curve(),) * 3, XYZ_FROM_SRGB)


def _shape(profile: bytes) -> MatrixProfile:
    """Read curves and primaries out of a profile's tags."""
    tags = _tags(profile)
    try:
        if "kTRC" in tags:
            return MatrixProfile((_curve(tags["kTRC"]),), np.eye(3))
        curves = tuple(_curve(tags[name]) for name in ("rTRC", "gTRC", "bTRC"))
        columns = [_numbers(tags[name][8:20]) for name in ("rXYZ", "gXYZ", "bXYZ")]
        return MatrixProfile(curves, np.array(columns).T)
    except (KeyError, struct.error, ValueError) as error:
        raise UserError(
            "input.kind",
            "a 16-bit picture can't be converted exactly from its color profile, which is made "
            "of tables; save it with sRGB or Adobe RGB",
        ) from error


def _tags(profile: bytes) -> dict[str, bytes]:
    (count,) = struct.unpack_from(">I", profile, 128)
    entries = (struct.unpack_from(">4sII", profile, 132 + 12 * tag) for tag in range(count))
    return {name.decode("latin-1"): profile[at : at + size] for name, at, size in entries}


def _curve(tag: bytes) -> Floats:
    """Tabulate a curve of either kind that the standard has (ICC.1:2022, 10.6 and 10.18)."""
    value = np.linspace(0, 1, TOP + 1)
    if tag[:4] == b"para":
        (kind,) = struct.unpack_from(">H", tag, 8)
        return _parametric(value, kind, _numbers(tag[12:]))
    if tag[:4] != b"curv":
        raise ValueError(tag[:4])
    (count,) = struct.unpack_from(">I", tag, 8)
    points = np.frombuffer(tag, ">u2", count, 12)
    if count < 2:  # none: linear; one: an exponent in steps of 1/256
        return (value ** (points[0] / 256 if count else 1)).astype(np.float32)
    return np.interp(value, np.linspace(0, 1, count), points / TOP).astype(np.float32)


def _parametric(x: NDArray[np.float64], kind: int, numbers: NDArray[np.float64]) -> Floats:
    """Evaluate (a·x + b)^g + e from d on and c·x + f below it; the simpler kinds leave some out."""
    g, a, b, c, d, e, f = 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0
    if kind == 0:
        (g,) = numbers[:1]
    elif kind == 1:
        g, a, b = numbers[:3]
        d = -b / a
    elif kind == 2:
        g, a, b, e = numbers[:4]
        d, f = -b / a, e
    elif kind == 3:
        g, a, b, c, d = numbers[:5]
    else:
        g, a, b, c, d, e, f = numbers[:7]
    above = (a * x + b).clip(0) ** g + e
    return np.where(x >= d, above, c * x + f).astype(np.float32)


def _numbers(data: bytes) -> NDArray[np.float64]:
    """Read fixed-point numbers of 16.16 bits."""
    return np.frombuffer(data[: len(data) // 4 * 4], ">i4") / 65536
