"""Saliency: how much each pixel of the picture moves what is looked at (Simonyan et al. 2014).

how much = max over channels of |dL/dx|        the gradient, by `neuropil.core` in float64

H, W  pixels of the network's input
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from neuropil.core.probe import WHOLE, ProbedImage
from neuropil.kit.errors import UserError
from neuropil.kit.media.image import Image
from neuropil.microscope.walk import Walk, available_gradients

DIM = 0.55  # of the picture under the paint
HOT = np.array([255, 205, 40], np.float64)  # the color of a pixel that moves much
FRAME = 0.6  # how much of that color the frame has
ENLARGED = 16  # pixels to one of the input, where there is no picture
CLIP_PERCENTILE = 99.0  # percentile of the pixels that counts as much


def saliency(walk: Walk) -> NDArray[np.float64]:
    """Differentiate what is looked at by every pixel of the picture: (H, W), 0 or more.

    Raises UserError where the network sees no picture, or nothing leads from it.
    """
    if not walk.probe.image_inputs:
        raise UserError(
            "option.conflict",
            "this network sees no picture, so there is no saliency: leave it out",
            name="saliency",
        )
    view = walk.probe.image_inputs[0]
    found, reason = available_gradients(walk.activations, walk.probe, view)
    if reason:
        raise UserError("option.conflict", f"there is no saliency: {reason}", name="saliency")
    amount: NDArray[np.float64] = np.abs(found[view][0]).max(axis=0)
    return amount


def overlay(walk: Walk) -> Image:
    """Paint the pixels that move much over the picture, which is dimmed and grey."""
    amount = saliency(walk)
    heat = np.clip(amount / max(np.percentile(amount, CLIP_PERCENTILE), 1e-300), 0, 1)
    grey = dimmed_gray(walk.probe.probed_image, amount.shape)
    left, top, right, bottom = visible_region(walk.probe.probed_image, grey.shape)
    large = Picture.fromarray(np.round(255 * heat).astype(np.uint8)).resize(
        (right - left, bottom - top), Picture.Resampling.BILINEAR
    )
    share = np.zeros(grey.shape)
    share[top:bottom, left:right] = np.asarray(large)[..., None] / 255
    if (
        walk.probe.probed_image and not walk.probe.probed_image.covers_image
    ):  # a frame around what is seen
        for edge in (np.s_[[top, bottom - 1], left:right], np.s_[top:bottom, [left, right - 1]]):
            share[edge] = FRAME
    return Image(np.round(grey + share * (HOT - grey)).astype(np.uint8))


def dimmed_gray(probed_image: ProbedImage | None, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Make the picture dark and grey (H, W, 1); all dark where nobody has shown one."""
    if probed_image is None:
        return np.zeros((shape[0] * ENLARGED, shape[1] * ENLARGED, 1))
    pixels = np.asarray(probed_image.pixels)
    bright = pixels.astype(np.float64) * (255 / np.iinfo(pixels.dtype).max)
    grey: NDArray[np.float64] = DIM * bright.mean(axis=2, keepdims=True)
    return grey


def visible_region(
    probed_image: ProbedImage | None, shape: tuple[int, ...]
) -> tuple[int, int, int, int]:
    """Find the pixels of the picture that the network's input shows."""
    height, width, _ = shape
    left, top, right, bottom = probed_image.crop if probed_image else WHOLE
    x, y = round(left * width), round(top * height)
    return x, y, max(x + 1, round(right * width)), max(y + 1, round(bottom * height))
