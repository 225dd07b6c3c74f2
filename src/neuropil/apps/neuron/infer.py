"""The application: numbers in, their arithmetic out, as the lecture notes write it.

    Neuron()(x=Numbers((0.1,)), w=(Weights(((0.15,),)),), b=(Numbers((0.4,)),))

Without anything it works the example of the notes: z1 = 0.415, a1 = 0.6023; z2 = 0.6506, a2 =
0.6571. (The notes print a2 = 0.7153, which belongs to w2 = 0.45 and b2 = 0.65.)
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, final

from neuropil.apps.neuron import alive, ciphers, exercises, paper
from neuropil.apps.neuron.paper import Answer
from neuropil.apps.neuron.values import Activation, Numbers, Weights
from neuropil.core.telling import DIGITS
from neuropil.kit.between import Between
from neuropil.kit.errors import UserError
from neuropil.kit.image import Image
from neuropil.kit.sheet import Sheet
from neuropil.kit.signature import Also
from neuropil.kit.weights import Weights as Files
from neuropil.registry import App

RATE, N_DIGITS, SEED = Between(0, 1000), Between(1, 17), Between(0, 10**9)


@dataclass(frozen=True)
class Lesson:
    """What was worked out, a picture where there is one to see, and the numbers in it."""

    sheet: Sheet
    picture: Image | None = None
    outputs: tuple[float, ...] = ()  # of the last layer
    neurons: tuple[Answer, ...] = ()


@dataclass(frozen=True)
class Living:
    """A picture of the living neuron beside the artificial one, and both in words and numbers."""

    picture: Image
    sheet: Sheet
    neurons: tuple[Answer, ...]


@final
class Neuron(App):
    """Works out neurons by hand."""

    name = "neuron"
    title = "work out a neuron or a network by hand, forward and backward"
    weights: ClassVar[Files | None] = None

    def __call__(
        self,
        *,
        x: Numbers | None = None,
        w: Annotated[tuple[Weights, ...], Also("then-w")] = (),
        b: Annotated[tuple[Numbers, ...], Also("then-b")] = (),
        activations: tuple[Activation, ...] = (),
        target: Numbers | None = None,
        rate: Annotated[float, RATE] = 0.1,
        digits: Annotated[int, N_DIGITS] = DIGITS,
        exact: bool = False,
        digit: Image | None = None,
        biological: bool = False,
        homework: Path | None = None,
        seed: Annotated[int, SEED] = 0,
    ) -> Lesson | Living:
        """Work out a neuron or a network by hand, forward and backward.

        x: the inputs
        w: the weights of a layer, one for each input, its neurons apart by /; once for each layer
        b: the biases of a layer, one for each neuron; once for each layer, or never for zeros
        activations: sigmoid by default, or one for all layers, or one for each
        target: what the last layer should have given; then there is a loss, and the way back
        rate: of the step that each weight would make
        digits: how many significant digits to write
        exact: write all digits instead
        digit: a picture of a handwritten digit: a network learns to read digits, reads it, and
            the neurons behind its answer are opened
        biological: also draw the living neuron on the same inputs, weights and bias
        homework: write a sheet of exercises with blanks to this file, a page that prints well
        seed: of the homework's numbers, of the digits' network and of the living neuron
        """
        RATE.check("rate", rate)
        N_DIGITS.check("digits", digits)
        SEED.check("seed", seed)
        shown = None if exact else digits
        by_hand = x or w or b or target or activations
        if sum(map(bool, (by_hand or biological, digit, homework))) > 1:
            raise UserError(
                "option.conflict",
                "homework, digit and numbers of one's own are three things: give one",
            )
        if homework:
            return Lesson(exercises.sheet(seed))
        if digit:
            return Lesson(*ciphers.read(digit, seed, shown))
        chain = paper.NOTES if not by_hand else paper.chained(x, w, b, activations)
        wanted = target.values if target else None
        sheet, answers = paper.worked_out(chain, wanted, rate, shown)
        if not biological:
            outputs = answers[-len(chain.weights[-1]) :]
            return Lesson(sheet, None, tuple(answer.a for answer in outputs), answers)
        if len(chain.weights) > 1 or len(chain.weights[0]) > 1:
            chain = chain.first()
        story, picture = alive.drawn(chain, seed)
        return Living(picture, Sheet(sheet.text + "\n" + story), answers)
