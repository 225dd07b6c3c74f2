"""The application: numbers in, their arithmetic out, as the lecture notes write it.

    Neuron()(x=Vector((0.1,)), w=(WeightMatrix(((0.15,),)),), b=(Vector((0.4,)),))

Without anything it works the example of the notes: z1 = 0.415, a1 = 0.6023; z2 = 0.6506, a2 =
0.6571. (The notes print a2 = 0.7153, which belongs to w2 = 0.45 and b2 = 0.65.)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, final

from neuropil.apps.neuron import biological_view, digit_reader, homework, small_network
from neuropil.apps.neuron.arguments import SOFTMAX, ActivationName, Vector, WeightMatrix
from neuropil.apps.neuron.digit_reader import DigitPicture
from neuropil.apps.neuron.homework import HomeworkSheet
from neuropil.apps.neuron.small_network import LearningGoal, LossValues, NeuronValues
from neuropil.contract import App, verb
from neuropil.core.formatting import DIGITS
from neuropil.kit.errors import UserError
from neuropil.kit.media.document import Document
from neuropil.kit.media.image import Image
from neuropil.kit.ranges import Range
from neuropil.signature import Alias

Loss = Literal["mean-squares", "half-squares", "cross-entropy"]
RATE_OF_A_STEP = 0.1  # what is taken where none is given
FIRST_LOSS: Loss = "mean-squares"
RATE, N_DIGITS, SEED = Range(0, 1000), Range(1, 17), Range(0, 10**9)
LayerWeights = Annotated[tuple[WeightMatrix, ...], Alias("then-w")]
LayerBiases = Annotated[tuple[Vector, ...], Alias("then-b")]


class StorySheet(Document):
    """What was worked out, and what the living neuron did, in words."""

    SUFFIXES: ClassVar = (".txt",)


@dataclass(frozen=True)
class WorkedExample:
    """What was worked out, what the last layer gives, and the numbers of each neuron.

    loss: before and after one step of all weights; None without a target
    """

    document: Document
    outputs: tuple[float, ...]
    neurons: tuple[NeuronValues, ...]
    loss: LossValues | None


@dataclass(frozen=True)
class DigitReading:
    """What a digit is taken for, and the neurons behind it.

    input_picture: what the network sees, written only where a file is named for it
    digit: None where there is no clear one
    probabilities: of the digits 0 to 9, if it is one
    distance: of the 64 pixels, 0 to 1 each, from the nearest known picture of the likeliest digit
    ink_share: of all the ink in the picture, 0 to 1, that is in one place, where the digit is
    doubts: why there is no clear digit
    """

    document: Document
    input_picture: DigitPicture
    digit: int | None
    probabilities: tuple[float, ...]
    distance: float
    ink_share: float
    doubts: tuple[str, ...]


@dataclass(frozen=True)
class BiologicalComparison:
    """A picture of the living neuron beside the artificial one, and both in words and numbers."""

    picture: Image
    document: StorySheet
    neurons: tuple[NeuronValues, ...]


def check_network(given: Mapping[str, Any]) -> None:
    """Refuse inputs, weights, biases and activations that don't fit together."""
    for name, usual in (("rate", RATE_OF_A_STEP), ("loss", FIRST_LOSS)):
        if given.get(name, usual) != usual and not given["target"]:
            words = (
                f"{name} {given[name]} means nothing without a target; give one, or leave it out"
            )
            raise UserError("option.conflict", words, name=name)
    parts = given["x"], given["w"], given["b"], given["activations"]
    if any(parts) or given.get("target"):
        small_network.parse_network(*parts)


@final
class Neuron(App):
    """Works out neurons by hand."""

    summary = "Work out neurons by hand, forward and backward."

    @verb(example="neuropil neuron --x 0.1 --w 0.15 --b 0.4", check=check_network)
    def __call__(
        self,
        *,
        x: Vector | None = None,
        w: LayerWeights = (),
        b: LayerBiases = (),
        activations: tuple[ActivationName, ...] = (),
        target: Vector | None = None,
        loss: Loss = FIRST_LOSS,
        rate: Annotated[float, RATE] = RATE_OF_A_STEP,
        digits: Annotated[int, N_DIGITS] = DIGITS,
        exact: bool = False,
    ) -> WorkedExample:
        """Work out neurons by hand, forward and backward.

        x: the inputs of the first layer
        w: the weights of a layer, one for each input, its neurons separated by /; once for each
            layer
        b: the biases of a layer, one for each neuron or one for all; once for each layer, or never
            for zeros
        activations: the activation function, one for all layers or one for each; by default sigmoid
        target: what the last layer should have given; with it a loss and the way back are shown
        loss: how far the last layer is from the target: the mean of the squares, half of their sum
            (as most textbooks have it), or cross-entropy, of sigmoid and softmax
        rate: learning rate of the step that each weight would make
        digits: how many significant digits to write
        exact: write all digits of every number
        """
        is_given = x or w or b or target or activations
        chain = (
            small_network.parse_network(x, w, b, activations)
            if is_given
            else small_network.LECTURE_EXAMPLE
        )
        goal = LearningGoal(target.values, loss, rate) if target else None
        sheet, neurons, losses = small_network.work_out(chain, goal, None if exact else digits)
        outputs = tuple(neuron.a for neuron in neurons[-len(chain.weights[-1]) :])
        if chain.activations[-1] == SOFTMAX:
            outputs = small_network.find_shares(outputs)
        return WorkedExample(sheet, outputs, neurons, losses)

    @verb(example="neuropil neuron-homework --seed 17 -o sheet.html")
    def homework(self, *, seed: Annotated[int, SEED] = 0) -> HomeworkSheet:
        """Write a sheet of exercises and their solutions.

        seed: random seed of the exercises; another seed gives another sheet
        """
        return homework.worksheet(seed)

    @verb(example="neuropil neuron-digit digit.png")
    def digit(
        self,
        picture: Image,
        *,
        seed: Annotated[int, SEED] = 0,
        digits: Annotated[int, N_DIGITS] = DIGITS,
        exact: bool = False,
    ) -> DigitReading:
        """Read a digit that you have written, and say why.

        A network learns to read digits, reads it, and the neurons behind its answer are opened.
        Shadows and ruled lines are taken away before; what doesn't look like one digit is said to
        be no clear digit, and why.

        picture: a picture of one digit, darker or lighter than its paper
        seed: random seed of the network that learns to read digits
        digits: how many significant digits to write
        exact: write all digits of every number
        """
        made = digit_reader.read_digit(picture, seed, None if exact else digits)
        return DigitReading(
            made.sheet,
            made.input_picture,
            None if made.doubts else made.best,
            made.p,
            made.distance,
            made.share,
            made.doubts,
        )

    @verb(
        example="neuropil neuron-biology --x 0.8,0.6,0.3 --w 3,2,-1 --b 0.5 -o living.png",
        check=check_network,
    )
    def biology(
        self,
        *,
        x: Vector | None = None,
        w: LayerWeights = (),
        b: LayerBiases = (),
        activations: tuple[ActivationName, ...] = (),
        seed: Annotated[int, SEED] = 0,
        digits: Annotated[int, N_DIGITS] = DIGITS,
        exact: bool = False,
    ) -> BiologicalComparison:
        """Draw the living neuron beside the artificial one.

        Of several neurons the first is drawn.

        x: the inputs of the first layer, from 0 to 1
        w: the weights of a layer, one for each input, its neurons separated by /; once for each
            layer
        b: the biases of a layer, one for each neuron or one for all; once for each layer, or never
            for zeros
        activations: the activation function, one for all layers or one for each; by default sigmoid
        seed: random seed of the living neuron
        digits: how many significant digits to write
        exact: write all digits of every number
        """
        is_given = x or w or b or activations
        chain = (
            small_network.parse_network(x, w, b, activations)
            if is_given
            else small_network.LECTURE_EXAMPLE
        )
        sheet, neurons, _ = small_network.work_out(chain, None, None if exact else digits)
        story, picture = biological_view.compare(chain.first(), seed)
        return BiologicalComparison(picture, StorySheet(f"{sheet.text}\n{story}"), neurons)
