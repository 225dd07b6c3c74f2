"""How good translations are: BLEU and chrF, by sacrebleu, with all known translations."""

from collections.abc import Sequence
from typing import Any

import sacrebleu


def corpus_scores(made: Sequence[str], known: Sequence[Sequence[str]]) -> dict[str, float]:
    """Compare translations with all that are known of each text: `bleu` and `chrf`, 0..100.

    BLEU of sacrebleu's 13a tokens in mixed case, and chrF2.
    """
    most = max(map(len, known))
    streams: list[Any] = [
        [texts[k] if k < len(texts) else None for texts in known] for k in range(most)
    ]
    return {
        "bleu": sacrebleu.corpus_bleu(made, streams).score,
        "chrf": sacrebleu.corpus_chrf(made, streams).score,
    }
