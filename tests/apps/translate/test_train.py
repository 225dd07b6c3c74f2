"""What the recipes minimize and measure."""

import math

import numpy as np
import pytest
import torch
from tiny_translator import tiny_translator
from torch.nn.functional import log_softmax

from neuropil.apps.translate.lab import batches, train
from neuropil.apps.translate.lab.batches import Checked
from neuropil.apps.translate.lab.evaluation import corpus_scores
from neuropil.apps.translate.lab.model import TranslatorNet
from neuropil.apps.translate.preprocess import END, encode_source, encode_target, vocabulary_size
from neuropil.training.split import Split

TEXTS = [("Der Hund sieht Ada.", "The dog sees Ada."), ("Zwei Bier", "TWO beers")]


def batch() -> dict[str, torch.Tensor]:
    sources = [encode_source(text, "en") for text, _ in TEXTS]
    targets = [
        encode_target(text, source.copies) for (_, text), source in zip(TEXTS, sources, strict=True)
    ]
    arrays = batches.collate(sources, [target for target in targets if target])
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


@torch.no_grad()
def test_losses_are_those_of_every_step_alone() -> None:
    network, given = tiny_translator(), batch()
    read = network.encode(given["source"].long(), given["source_cases"].long())
    tokens, cases = [], []
    for row in range(2):
        state, token = network.first_state(1), torch.tensor([END])
        target = [int(t) for t in given["target"][row]]
        for i, goal in enumerate(target[: target.index(END) + 1]):
            parts = (part[row : row + 1] for part in read)
            logits, case, state, _ = network.advance(token, state, *parts)
            tokens.append(-log_softmax(logits, 1)[0, goal].item())
            if i:
                known = int(given["target_cases"][row, i - 1])
                cases.append(-log_softmax(case, 1)[0, known].item())
            token = torch.tensor([goal])
    made = train.token_losses(network, given, smoothing=0.0)
    assert [each.item() for each in made] == pytest.approx([np.mean(tokens), np.mean(cases)], 1e-4)


def test_smoothing_is_between_the_target_and_all_tokens_alike() -> None:
    network = TranslatorNet(vocabulary_size(), 16, 2, 32, (1, 1)).eval()
    with torch.no_grad():
        network.embedding.weight.zero_()  # all tokens alike, whatever the target
    plain, smooth = (train.token_losses(network, batch(), s)[0].item() for s in (0.0, 0.1))
    assert plain == pytest.approx(math.log(vocabulary_size()), abs=1e-4)
    assert smooth == pytest.approx(plain, abs=1e-4)


def test_a_few_pairs_are_learned_by_heart() -> None:
    """The loss falls, and greedy decoding writes what was learned, capitals included."""
    torch.manual_seed(0)
    network = TranslatorNet(vocabulary_size(), 32, 2, 64, (1, 1))
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    given = batch()
    losses = []
    for _ in range(60):
        value = train.loss(network, given)
        optimizer.zero_grad()
        torch.autograd.backward(value)
        optimizer.step()
        losses.append(value.item())
    assert losses[-1] < losses[0] / 3
    checked = tuple(Checked(text, ("de", "en"), (known,)) for text, known in TEXTS)
    scores = train.score(network.eval(), Split[object](None, checked))
    assert scores["chrf"] == pytest.approx(100)
    assert scores["nats_per_token"] < 1
    made = train.translate_texts(network, [text for text, _ in TEXTS], "en", torch.device("cpu"))
    assert made == [known for _, known in TEXTS]


def test_scores_count_every_known_translation() -> None:
    known = [["a b c d e f", "one two three four five"], ["he goes home at ten"]]
    assert corpus_scores(["one two three four five", "he goes home at ten"], known) == {
        "bleu": pytest.approx(100),
        "chrf": pytest.approx(100),
    }
    assert corpus_scores(["one two three four six", "he goes home at ten"], known)["bleu"] < 90


def test_parts_of_the_recipe_follow_one_another() -> None:
    first, middle, last = train.translator(), train.translator_middle(), train.translator_last()
    assert len({first.name, middle.name, last.name}) == 3
    network = TranslatorNet(30, 8, 2, 8, (1, 1))
    falls = [r.optimizer(network, r.lr).param_groups[0]["fall"] for r in (first, middle, last)]
    assert falls == [train.LEVEL, train.LEVEL, 1.0]


def test_the_files_are_named_after_their_parts() -> None:
    assert [spec.part for spec in train.translator().exports] == ["encoder", "step"]
