"""The living neuron drawn beside the artificial one."""

import numpy as np
import pytest
from refusals import refused
from stopwatch import stopped_soon

from neuropil.apps.neuron import biological_view
from neuropil.apps.neuron.app import Neuron
from neuropil.apps.neuron.arguments import ActivationName, Vector, WeightMatrix
from neuropil.apps.neuron.small_network import SmallNetwork


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a neuron live for a fifth of the time, where what it does is not looked at."""
    monkeypatch.setattr(biological_view, "MS", 60.0)


def test_it_is_drawn_the_same_twice_and_answers_to_its_inputs() -> None:
    chain = SmallNetwork((0.8, 0.6), (((3.0, 2.0),),), ((0.5,),), ("sigmoid",))
    quiet = SmallNetwork((0.8, 0.6), (((-3.0, -2.0),),), ((0.0,),), ("sigmoid",))
    story, picture = biological_view.compare(chain, seed=1)
    again = biological_view.compare(chain, seed=1)
    assert story == again[0]
    assert np.array_equal(picture.pixels, again[1].pixels)
    silent, other = biological_view.compare(quiet, seed=1)
    assert "it fired 0 times, 0 Hz" in silent
    assert "it fired 0 times" not in story
    assert not np.array_equal(picture.pixels, other.pixels)
    assert picture.pixels.std() > 10


@pytest.mark.usefixtures("short")
def test_many_inputs_have_room() -> None:
    n = 40
    chain = SmallNetwork((0.2,) * n, (((0.5,) * n,),), ((0.0,),), ("sigmoid",))
    assert biological_view.compare(chain, 0)[1].pixels.shape[:2] == biological_view.SIZE[::-1]


@pytest.mark.parametrize("n", [3, 300])
def test_it_can_be_stopped_at_every_step(n: int) -> None:
    chain = SmallNetwork((0.9,) * n, (((1 / n,) * n,),), ((0.5,),), ("sigmoid",))
    with stopped_soon():
        biological_view.compare(chain, seed=0)


@pytest.mark.usefixtures("short")
def test_of_a_network_the_first_neuron_lives() -> None:
    w = (WeightMatrix(((2.0,), (1.0,))), WeightMatrix(((1.0, 1.0),)))
    made = Neuron().biology(x=Vector((0.5,)), w=w)
    assert "the living neuron: " in made.document.text
    assert len(made.neurons) == 3


@pytest.mark.usefixtures("short")
def test_the_artificial_one_has_the_curve_that_was_asked_for() -> None:
    tanh = (ActivationName.parse("tanh"),)
    made = Neuron().biology(x=Vector((0.5,)), w=(WeightMatrix(((2.0,),)),), activations=tanh)
    assert "the artificial one: z = 1, a = 0.761594" in made.document.text


def test_what_no_cell_could_have_is_refused() -> None:
    with refused("option.range", "-100 to 100"):
        Neuron().biology(x=Vector((0.5,)), w=(WeightMatrix(((500.0,),)),))
