"""How the vocabulary of subwords is learned: by sentencepiece, from what teaches the network.

    neuropil train translate --stage vocabulary --data DIR -o runs/vocabulary

Text is learned from in small letters and with marks for what is copied left out, which is how the
network reads it. English and the three other languages together count alike.
"""

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from neuropil.apps.translate.casing import fold
from neuropil.apps.translate.copying import COPIED
from neuropil.apps.translate.lab.data import Pair, load_corpus
from neuropil.apps.translate.subwords import FILE
from neuropil.training.stages import claim_file

if TYPE_CHECKING:
    from sentencepiece import SentencePieceProcessor

SIZE = 7980  # pieces; with signs and marks the network knows 8,000 tokens
PHRASES_COUNT = 4  # times that a phrase counts as often as a sentence
ALPHABET = (  # a word with any other character is copied whole
    "abcdefghijklmnopqrstuvwxyzäöüßéèêëàâáçîïíìôóòûùúñœæ"
    "0123456789.,;:!?¿¡'\"„“«»‚()[]&%€$£+-–—/*#@°²³½_=<>|~^·•×§"
)


def learn_vocabulary(output: Path, data: Path) -> Path:
    """Write a vocabulary learned from the texts of a folder."""
    file = claim_file(output, FILE.name)
    pieces = learn_pieces([*texts(load_corpus(data).train)], SIZE)
    file.write_text("\n".join(pieces) + "\n", encoding="utf-8")
    return file


def texts(pairs: Sequence[Pair]) -> Iterator[str]:
    """Yield texts in small letters: each English sentence once, phrases several times."""
    once = dict.fromkeys(pair.english for pair in pairs if pair.kind == "sentence")
    yield from map(fold_text, once)
    for pair in pairs:
        if pair.kind == "sentence":
            yield fold_text(pair.other)
        elif pair.kind == "phrase":
            yield from [fold_text(pair.english), fold_text(pair.other)] * PHRASES_COUNT
        else:
            yield fold_text(pair.other)


def fold_text(text: str) -> str:
    """Set a text in small letters, without what is copied."""
    return fold(COPIED.sub("", text))[0]


def learn_pieces(sentences: Sequence[str], size: int) -> list[str]:
    """Learn so many pieces, in the order in which they are joined; single characters come last."""
    model = learn_model(sentences, size)
    return [model.id_to_piece(i) for i in range(1, model.vocab_size())]


def learn_model(sentences: Sequence[str], size: int) -> "SentencePieceProcessor":
    """Learn pieces by joining the most frequent pair again and again; the first one is unknown.

    Raises ModuleNotFoundError where sentencepiece is missing.
    """
    import sentencepiece

    known = {*ALPHABET, " "}
    model = BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=("".join(c for c in s if c in known) for s in sentences),
        model_writer=model,
        model_type="bpe",
        vocab_size=size + 1,  # with the unknown piece, which we have no use for
        character_coverage=1.0,
        required_chars=ALPHABET,
        normalization_rule_name="identity",
        split_digits=True,
        pad_id=-1,
        bos_id=-1,
        eos_id=-1,
        unk_id=0,
        minloglevel=2,
    )
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
