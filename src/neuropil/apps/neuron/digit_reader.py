"""A digit of one's own, read by the notes' kind of network, and the neurons behind the answer.

    64 pixels -> 32 neurons with sigmoid -> 10 neurons, one for each digit

The network learns scikit-learn's digits when it is asked, in a second; nothing is kept.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from neuropil.apps.neuron.digit_cutout import cut_out
from neuropil.apps.neuron.small_network import input_name, neuron_title
from neuropil.core import Adam, Dense, History, Network, Sigmoid, digits
from neuropil.core.formatting import to_csv, to_latex, to_text
from neuropil.core.neuron import NeuronRecord
from neuropil.core.opening import open_neuron
from neuropil.kit.html.page import Section, preformat, render_page
from neuropil.kit.media.document import Document
from neuropil.kit.media.image import Image
from neuropil.kit.progress import ticking

SIDE = 8  # pixels
HIDDEN, CLASSES = 32, 10  # neurons
SHOWN = 24  # pixels of the picture to each of these
TEMPERATURE = 1.25  # makes held-out digits, drawn on pages with shadows and lines, most likely
MIN_SHARE = 0.8  # of the ink in the picture: so much must be of the digit
MAX_DISTANCE = 2.4  # from the nearest training digit: of 100 such pages 98 are nearer
MIN_PROBABILITY = 0.5  # the digit must be likelier than all others together


class DigitPicture(Image):
    """A digit as the network sees it, written only where a file is named for it."""

    NAMED_ONLY: ClassVar = True


def train(seed: int) -> tuple[Network, History, float]:
    """Train a network and make it as sure as it is right on photographs of digits (temperature).

    Give also its curve and the share of the test digits that it reads right.
    """
    data = digits()
    last = Dense(HIDDEN, CLASSES)
    network = Network(Dense(64, HIDDEN), Sigmoid(), last, seed=seed)
    curve = network.fit(
        data.x_train, data.y_train, optimizer=Adam(rate=0.01), seed=seed, progress=ticking
    )
    for weights in (last.weight, last.bias):  # so that the neurons that are opened say z / T
        weights.value /= TEMPERATURE
    return network, curve, network.accuracy(data.x_test, data.y_test)


def preprocess(image: Image) -> NDArray[np.float32]:
    """Bring a picture of a digit to 8 × 8 as the network knows them: 0 paper to 1 ink, (64,).

    The digit is cut out, whichever of it and the paper is darker, and fills the height.
    Raises UserError where nothing stands out from the paper.
    """
    return reduce_to_pixels(cut_out(image).ink)


def reduce_to_pixels(ink: NDArray[np.floating]) -> NDArray[np.float32]:
    """Set what was cut out (h, w) in a square, and reduce it to 8 × 8: (64,)."""
    side = max(ink.shape)
    square = np.zeros((side, side), np.float32)
    top, left = (side - ink.shape[0]) // 2, (side - ink.shape[1]) // 2
    square[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    small = Picture.fromarray(square).resize((SIDE, SIDE), Picture.Resampling.BOX)
    pixels = np.asarray(small).ravel()
    made: NDArray[np.float32] = pixels / pixels.max()
    return made


def measure_distance(x: NDArray[np.float32], digit: int) -> float:
    """Measure how far 64 pixels are from the nearest of the training digits of a number."""
    data = digits()
    known = data.x_train[data.y_train == digit]
    return float(np.sqrt(np.square(known - x).sum(axis=1)).min())


def find_doubts(digit: int, p: float, distance: float, share: float) -> tuple[str, ...]:
    """Say why a picture shows no clear digit, the likeliest being `digit`; nothing where it does.

    p: how likely the digit is     distance: from the nearest known one
    share: of the picture's ink that was cut out
    """
    doubts = {
        f"only {share:.0%} of the ink is in one place (at least {MIN_SHARE:.0%})": share
        < MIN_SHARE,
        f"the nearest known {digit} is {distance:.2f} away (at most {MAX_DISTANCE})": distance
        > MAX_DISTANCE,
        f"{digit} is {p:.1%} likely (at least {MIN_PROBABILITY:.0%})": p < MIN_PROBABILITY,
    }
    return tuple(sentence for sentence, holds in doubts.items() if holds)


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


@dataclass(frozen=True, eq=False)
class Reading:
    """What a picture is taken for, why, and how clear it is.

    best: the likeliest digit     p: of the ten     distance: from the nearest training digit of it
    share: of the picture's ink that was cut out     doubts: why it is no clear digit
    """

    sheet: Document
    input_picture: DigitPicture
    best: int
    p: tuple[float, ...]
    distance: float
    share: float
    doubts: tuple[str, ...]


def read_digit(image: Image, seed: int, shown: int | None) -> Reading:
    """Read a digit; numbers are written with so many digits, None for all."""
    cut = cut_out(image)
    x = reduce_to_pixels(cut.ink)
    network, _, accuracy = train(seed)
    z = network.predict(x[None])[0].astype(np.float64)
    p = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
    best = int(p.argmax())
    distance = measure_distance(x, best)
    doubts = find_doubts(best, float(p[best]), distance, cut.share)
    told = (
        f"{word_answer(p, doubts)}; on test digits it is right {accuracy:.1%} of the time\n"
        f"{cut.share:.0%} of the ink is in one place; the nearest known {best} is {distance:.2f}"
        f" away, as 64 pixels of 0 to 1 (at most {MAX_DISTANCE})\n\n"
    )
    return Reading(
        write_sheet(told, explain(network, x, best), shown),
        enlarge(x),
        best,
        tuple(float(v) for v in p),
        distance,
        cut.share,
        doubts,
    )


def word_answer(p: NDArray[np.float64], doubts: tuple[str, ...]) -> str:
    """Say what is read, or that it is no clear digit and why."""
    first, second = (int(i) for i in np.argsort(-p)[:2])
    likely = f"{first} ({p[first]:.1%}), next {second} ({p[second]:.1%})"
    if doubts:
        return f"no clear digit: {', '.join(doubts)}; if it is one, {likely}"
    return f"it reads {likely}"


def write_sheet(told: str, neurons: tuple[NeuronRecord, ...], shown: int | None) -> Document:
    """Write the answer and the neurons behind it in the four forms of a document."""
    words = "\n".join(to_text(record, shown) for record in neurons)
    return Document(
        told + words,
        render_page("A digit, read", [Section(told.strip(), preformat(words))]),
        latex="\n".join(to_latex(record, shown) for record in neurons),
        csv="\n".join(to_csv(record) for record in neurons),
    )


def enlarge(x: NDArray[np.float32]) -> DigitPicture:
    """Show 64 pixels large, ink black."""
    grey = (255 * (1 - x.reshape(SIDE, SIDE))).astype(np.uint8)
    large = np.kron(grey, np.ones((SHOWN, SHOWN), np.uint8))
    return DigitPicture(np.repeat(large[..., None], 3, axis=2))
