"""The neuron behind a mouth, and what the application's commands take and give."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from lipsync_data import RATE, speak
from lipsync_networks import random_mouth
from refusals import refused

from neuropil.apps.lipsync.app import Lipsync
from neuropil.apps.lipsync.lab import train
from neuropil.apps.lipsync.probe import (
    RetrievalTerms,
    build_probe,
    describe_retrieval,
    describe_unit,
    replay_to,
)
from neuropil.apps.lipsync.shapes import FEATURES, MouthBasis
from neuropil.apps.lipsync.speech import AHEAD, read_speech
from neuropil.core.probe import Unit
from neuropil.kit.audio.audio import Audio
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.training.export import export

SPEECH = Audio(speak(random_mouth(30))[:, None], RATE)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> OnnxNetwork:
    torch.manual_seed(0)
    recipe = train.speech()
    return OnnxNetwork(export(recipe.network(), recipe, {}, tmp_path_factory.mktemp("net")))


def test_the_step_of_a_moment_is_the_one_that_tells_of_it(network: OnnxNetwork) -> None:
    reading = read_speech(network, SPEECH.samples[:, 0])
    there = replay_to(network, reading.heard, 20)
    assert there.step == 20 + AHEAD
    basis = MouthBasis.load()
    said = there.made["mouth"][0] * basis.spread + basis.mean
    assert said == pytest.approx(reading.mouths[20], abs=1e-6)


def test_every_step_adds_up_and_the_last_leads_into_the_network(network: OnnxNetwork) -> None:
    reading = read_speech(network, SPEECH.samples[:, 0])
    there = replay_to(network, reading.heard, 20)
    retrieved = RetrievalTerms(7, ("opening", "turn"), (0.01, 0.2), (80.0, 60.0))
    probe = build_probe(network, there, "width", retrieved)
    assert probe.unit == Unit("mouth", (0, 1))
    for step in probe.steps:
        assert step.record.check().passed, step.record.name
    cost, heard, scaled = probe.steps
    assert cost.record.observed.a == pytest.approx(0.01 * 80 + 0.2 * 60)
    assert "frame 7" in cost.record.name
    assert heard.record.observed.a == pytest.approx(float(there.made["mouth"][0, 1]), abs=1e-6)
    assert "Hz" in heard.record.terms[0].name
    assert "ms" in heard.record.terms[0].name
    assert scaled.record.observed.a == pytest.approx(reading.mouths[20, 1], abs=1e-6)
    assert scaled.children == {0: 3}


def test_what_is_heard_after_the_moment_matters_and_long_before_does_not(
    network: OnnxNetwork,
) -> None:
    reading = read_speech(network, SPEECH.samples[:, 0])
    probe = build_probe(network, replay_to(network, reading.heard, 40), "opening", None)
    names = [term.name for term in probe.steps[0].record.terms[:-1]]
    ends = [int(name.split(" to ")[-1].removesuffix(" ms")) for name in names]
    assert max(ends) <= 20 * (AHEAD + 1)
    assert max(ends) > 0


def test_units_have_names() -> None:
    assert describe_unit(Unit("heard", (0, 0))) == "60 to 107 Hz, first 10 ms of the step"
    assert describe_unit(Unit("mouth", (0, 2))) == FEATURES[2] == "shape1"
    assert "layer 2" in (describe_unit(Unit("h2", (0, 5))) or "")
    assert describe_unit(Unit("elsewhere", (0,))) is None


def test_a_retrieval_is_told_term_by_term() -> None:
    step = describe_retrieval(RetrievalTerms(3, ("opening",), (0.5,), (2.0,)))
    assert [(t.name, t.x, t.w) for t in step.record.terms] == [
        ("squared difference of opening", 0.5, 2.0)
    ]


def test_a_moment_behind_the_end_is_refused(network: OnnxNetwork) -> None:
    app = Lipsync()
    app._open["speech"] = network
    assert app.probe(SPEECH, time=0.4).network == network.path
    with refused("option.range", "time is 5 s", "1.20 s"):
        app.probe(SPEECH, time=5)


def test_commands_take_and_give_what_they_say() -> None:
    verbs = Lipsync.verbs()
    assert [*verbs] == ["lipsync", "lipsync-learn", "lipsync-cues", "lipsync-measure"]
    dub = verbs["lipsync"].signature
    assert [given.kinds for given in dub.inputs] == [("film",), ("audio",)]
    assert dub.option("face").syntax == "a whole number from 1 to 6"
    outputs = {o.name: o.role for o in dub.outputs_for(None)}
    assert outputs["film"] == "primary"
    assert outputs["sync"] == "value"
    for verb in verbs.values():
        json.dumps(verb.schema())
        assert all(option.text for option in verb.signature.options)
    said = {line.partition(":")[0] for line in package_docstring().splitlines()[2:]}
    assert said == {name.removeprefix("lipsync-") for name in verbs if "-" in name}


def package_docstring() -> str:
    import neuropil.apps.lipsync

    return neuropil.apps.lipsync.__doc__ or ""


def test_the_card_has_the_headings_of_all_cards() -> None:
    folder = Path(train.__file__).parents[1]
    own, other = (
        [line for line in (path / "card.md").read_text("utf-8").splitlines() if line[:3] == "## "]
        for path in (folder, folder.parent / "drive")
    )
    assert own == other


def test_nothing_that_runs_needs_torch() -> None:
    import subprocess
    import sys

    script = "import sys, neuropil.apps.lipsync.app; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_same_sound_is_read_the_same(network: OnnxNetwork) -> None:
    first, again = (read_speech(network, SPEECH.samples[:, 0]) for _ in range(2))
    assert np.array_equal(first.mouths, again.mouths)
    assert first.at(np.array([0.5])).shape == (1, 10)
