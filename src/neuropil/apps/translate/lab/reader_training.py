"""What the reader is trained by: its loss, its score, its file."""

from collections.abc import Mapping
from functools import partial
from itertools import groupby

import torch
from torch import Tensor, nn
from torch.nn.functional import ctc_loss

from neuropil.apps.translate.alphabet import BLANK, CHARACTERS
from neuropil.apps.translate.lab.measuring import count_edits, word_accuracy
from neuropil.apps.translate.lab.reader_batches import CheckedLine
from neuropil.apps.translate.lines import HEIGHT, Floats
from neuropil.apps.translate.reader import read_lines
from neuropil.training.recipe import ExportSpec
from neuropil.training.split import Split


def loss(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Measure how unlikely the texts are, over all ways to spread them on the steps.

    In nats a character of each line, so that long lines do not rule.
    """
    logits = network(batch["line"]).float()  # (B, T, N)
    chances = logits.log_softmax(dim=2).transpose(0, 1)
    steps, lengths = batch["steps"].long(), batch["lengths"].long()
    return ctc_loss(
        chances, batch["target"].long(), steps, lengths, blank=BLANK, zero_infinity=True
    )


@torch.no_grad()
def score(network: nn.Module, examples: Split[object]) -> dict[str, float]:
    """Read held-out lines: `cer_LANGUAGE` of rendered ones, 0 and up, `words` right of real ones.

    Characters count with their case and accents; words as `measuring.word_key` compares them.
    """
    assert isinstance(examples.held_out, tuple)
    checked: tuple[CheckedLine, ...] = examples.held_out
    found: dict[str, float] = {}
    for kind, group in groupby(checked, key=lambda each: each.kind):
        some = [*group]
        readings = read_lines([each.line for each in some], partial(run, network))
        if kind == "real":
            found["words"] = word_accuracy([c.text for c in some], [r.text for r in readings])
        else:
            edits = sum(count_edits(r.text, c.text) for c, r in zip(some, readings, strict=True))
            found[f"cer_{kind}"] = edits / sum(len(c.text) for c in some)
    return found


def run(network: nn.Module, lines: Floats) -> Floats:
    """Give the logits of lines."""
    device = next(network.parameters()).device
    logits: Floats = network(torch.from_numpy(lines).to(device)).float().cpu().numpy()
    return logits


def export_spec() -> ExportSpec:
    """Name input and output of the file."""
    return ExportSpec(
        inputs={"line": ("B", 1, HEIGHT, "L")},
        outputs=("logits",),
        test_sizes=({"B": 1, "L": 96}, {"B": 3, "L": 240}),
        metadata={
            "neuropil": "translate",
            "alphabet": CHARACTERS,
            "licence": "MIT",
            "data": "text rendered in free fonts on photographs; words of ICDAR 2003, ICDAR 2015"
            " and IIIT5K (research sets), labels and menus of public repositories, and lines of"
            " other public pictures, which RapidOCR has read (Apache-2.0)",
        },
        bits=8,
    )
