"""A digit of one's own, read by the notes' kind of network, and the neurons behind the answer.

    64 pixels -> 32 neurons with sigmoid -> 10 neurons, one for each digit

The network learns scikit-learn's digits when it is asked, in a second; nothing is kept.
"""

from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from neuropil.apps.neuron.small_network import input_name, neuron_title
from neuropil.core import Adam, Dense, History, Network, Sigmoid, digits
from neuropil.core.formatting import to_csv, to_latex, to_text
from neuropil.core.neuron import NeuronRecord
from neuropil.core.opening import open_neuron
from neuropil.kit.errors import UserError
from neuropil.kit.html.page import Section, preformat, render_page
from neuropil.kit.media.document import Document
from neuropil.kit.media.image import Image
from neuropil.kit.progress import ticking

SIDE = 8  # pixels
HIDDEN, CLASSES = 32, 10  # neurons
LARGEST = 1000  # pixels of the longer side: of larger pictures, every n-th is looked at
SHOWN = 24  # pixels of the picture to each of these
MIN_CONTRAST = 0.15  # of 1: what is between the darkest and the lightest must differ by more
INK = 0.3  # of the darkest: what is darker counts when the digit is cut out


class DigitPicture(Image):
    """A digit as the network sees it, written only where a file is named for it."""

    NAMED_ONLY: ClassVar = True


def train(seed: int) -> tuple[Network, History, float]:
    """Train a network; give also its curve and the share of the test digits that it reads right."""
    data = digits()
    network = Network(Dense(64, HIDDEN), Sigmoid(), Dense(HIDDEN, CLASSES), seed=seed)
    curve = network.fit(
        data.x_train, data.y_train, optimizer=Adam(rate=0.01), seed=seed, progress=ticking
    )
    return network, curve, network.accuracy(data.x_test, data.y_test)


def preprocess(image: Image) -> NDArray[np.float32]:
    """Bring a picture of a digit to 8 × 8 as the network knows them: 0 paper to 1 ink, (64,).

    The digit is cut out, whichever of it and the paper is darker, and fills the height.
    Raises UserError where nothing stands out from the paper.
    """
    step = max(1, max(image.pixels.shape) // LARGEST)
    pixels = image.pixels[::step, ::step] / np.iinfo(image.pixels.dtype).max
    grey = pixels.mean(axis=2)
    if image.alpha is not None:  # on white paper
        opaque = image.alpha[::step, ::step] / np.iinfo(image.alpha.dtype).max
        grey = opaque * grey + 1 - opaque
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ink = np.abs(grey - np.median(edge))
    if ink.max() < MIN_CONTRAST:
        raise UserError(
            "input.content", "there is no digit in the picture that stands out from its paper"
        )
    rows, columns = (np.flatnonzero((ink > INK * ink.max()).any(axis=a)) for a in (1, 0))
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] / ink.max()
    side = max(cut.shape)
    square = np.zeros((side, side))
    top, left = (side - cut.shape[0]) // 2, (side - cut.shape[1]) // 2
    square[top : top + cut.shape[0], left : left + cut.shape[1]] = cut
    small = Picture.fromarray(square.astype(np.float32)).resize(
        (SIDE, SIDE), Picture.Resampling.BOX
    )
    seen = np.asarray(small).ravel()
    made: NDArray[np.float32] = seen / seen.max()
    return made


def explain(
    network: Network, x: NDArray[np.float32], answer: int
) -> tuple[NeuronRecord, NeuronRecord]:
    """Open the neuron of an answer, and the hidden one that speaks loudest for it, both proven."""
    hidden = [input_name(0, i, HIDDEN) for i in range(HIDDEN)]
    last = open_neuron(network, x, layer=2, unit=answer, target=answer, names=hidden)
    loudest = max(range(HIDDEN), key=lambda i: last.terms[i].product)
    pixels = [f"pixel {i % SIDE},{i // SIDE}" for i in range(SIDE**2)]
    first = open_neuron(network, x, layer=0, unit=loudest, target=answer, names=pixels)
    of_digit = f"{neuron_title(1, answer, CLASSES)}, of the digit {answer}"
    last = replace(last, name=of_digit)
    first = replace(first, name=neuron_title(0, loudest, HIDDEN))
    return last.proven(), first.proven()


def read_digit(
    image: Image, seed: int, shown: int | None
) -> tuple[Document, DigitPicture, tuple[float, ...]]:
    """Read a digit: what it is taken for and why, how the network sees it, the ten outputs."""
    x = preprocess(image)
    network, _, accuracy = train(seed)
    z = network.predict(x[None])[0].astype(np.float64)
    p = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
    first, second = (int(i) for i in np.argsort(-p)[:2])
    told = (
        f"it reads {first} ({p[first]:.1%}), next {second} ({p[second]:.1%});"
        f" on test digits it is right {accuracy:.1%} of the time\n\n"
    )
    two = explain(network, x, first)
    words = "\n".join(to_text(record, shown) for record in two)
    sheet = Document(
        told + words,
        render_page("A digit, read", [Section(told.strip(), preformat(words))]),
        latex="\n".join(to_latex(record, shown) for record in two),
        csv="\n".join(to_csv(record) for record in two),
    )
    return sheet, enlarge(x), tuple(float(v) for v in p)


def enlarge(x: NDArray[np.float32]) -> DigitPicture:
    """Show 64 pixels large, ink black."""
    grey = (255 * (1 - x.reshape(SIDE, SIDE))).astype(np.uint8)
    large = np.kron(grey, np.ones((SHOWN, SHOWN), np.uint8))
    return DigitPicture(np.repeat(large[..., None], 3, axis=2))
