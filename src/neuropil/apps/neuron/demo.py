"""The notes' arithmetic, a network that learns digits, the living neuron: for the demo's page."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.neuron import biological_view, digit_reader, small_network
from neuropil.apps.neuron.small_network import SmallNetwork
from neuropil.core import History
from neuropil.core.formatting import to_text
from neuropil.core.neuron import NeuronRecord
from neuropil.kit.html.page import Section, figure, paragraph, preformat, row
from neuropil.kit.media.image import Image

SAMPLES = Path(__file__).parents[2] / "samples"
DIGIT = "three.png"
LIVING = SmallNetwork((0.8, 0.6, 0.3), (((3.0, 2.0, -1.0),),), ((0.5,),), ("sigmoid",))
WIDTH, HEIGHT, MARGIN = 640, 200, 46  # of the curve, in units of the drawing


def sections() -> list[Section]:
    """Work the notes' example, train a network, open a neuron of it, and draw the living one."""
    sheet, *_ = small_network.work_out(small_network.LECTURE_EXAMPLE, None, 6)
    network, curve, accuracy = digit_reader.train(seed=0)
    photo = Image.open(SAMPLES / DIGIT)
    x = digit_reader.preprocess(photo)
    answer = int(network.predict(x[None])[0].argmax())
    last, hidden = digit_reader.explain(network, x, answer)
    weights = np.array([term.w for term in hidden.terms])
    story, picture = biological_view.compare(LIVING, seed=0)
    return [
        Section(
            "A neuron by hand",
            paragraph(
                "z = w·x + b, a = σ(z): the example of the lecture notes, two neurons, one after"
                " the other. `neuropil neuron --x 0.1 --w 0.15 --b 0.4 --w 0.25 --b 0.5`"
            )
            + preformat(sheet.text),
        ),
        Section(
            "A network learns to read digits",
            paragraph(
                f"64 pixels, 32 neurons with σ, 10 neurons: after {len(curve.loss)} epochs it reads"
                f" {accuracy:.1%} of 360 digits right that it never saw."
            )
            + loss_plot(curve),
        ),
        Section(
            "One of its neurons, opened",
            paragraph(f"`neuropil neuron-digit {DIGIT}` reads {answer}, because of these neurons.")
            + row(
                (
                    figure(photo, "a digit"),
                    figure(digit_reader.enlarge(x), "as the network sees it, 8 × 8"),
                    figure(
                        Image(weight_image(weights)), "the hidden neuron's weights: blue +, red -"
                    ),
                )
            )
            + two_neurons(last, hidden),
        ),
        Section(
            "The living neuron beside the artificial one",
            paragraph("`neuropil neuron-biology --x 0.8,0.6,0.3 --w 3,2,-1 --b 0.5`")
            + figure(picture, story.replace("\n", ". ")),
        ),
    ]


def two_neurons(last: NeuronRecord, hidden: NeuronRecord) -> str:
    """Write two neurons, the answer's and the one that speaks loudest for it."""
    return preformat(f"{to_text(last, 6, 8)}\n{to_text(hidden, 6, 8)}")


def weight_image(weights: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Show 64 weights as a picture (192, 192, 3): blue above 0, red below, white 0."""
    share = (weights / np.abs(weights).max()).reshape(8, 8, 1)
    blue, red = np.array([47, 111, 143]), np.array([181, 83, 45])
    color = 255 + np.where(share > 0, share * (blue - 255.0), -share * (red - 255.0))
    made: NDArray[np.uint8] = np.kron(color, np.ones((24, 24, 1))).astype(np.uint8)
    return made


def loss_plot(curve: History) -> str:
    """Draw the course of the loss."""
    n, top = len(curve.loss), max(curve.loss)
    across, down = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN
    points = " ".join(
        f"{MARGIN + across * i / (n - 1):.1f},{HEIGHT - MARGIN - down * loss / top:.1f}"
        for i, loss in enumerate(curve.loss)
    )
    base = HEIGHT - MARGIN
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" style="max-width: 42rem; width: 100%" role="img"'
        ' aria-label="the loss falls">'
        f'<path d="M{MARGIN} {MARGIN - 10}V{base}H{WIDTH - MARGIN}" fill="none"'
        f' stroke="var(--quiet)"/><polyline points="{points}" fill="none" stroke="var(--plus)"'
        ' stroke-width="2"/>'
        '<g font-size="13" fill="currentColor">'
        f'<text x="{MARGIN}" y="{MARGIN - 16}">loss {top:.3g}, in the end {curve.loss[-1]:.2g}'
        f'</text><text x="{MARGIN}" y="{base + 20}">epoch 1</text>'
        f'<text x="{WIDTH - MARGIN}" y="{base + 20}" text-anchor="end">{n}</text></g></svg>\n'
    )
