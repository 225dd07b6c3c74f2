"""How good translations of texts are: sentences that no training saw, phrases, captions.

BLEU and chrF of sacrebleu, 0..100, with all known translations of each text. Sentences are those of
`mt200`; captions those of Multi30k's test of 2016; phrases were set aside by hash and are right
where they say what the list says, but for case, articles and punctuation: a list has one wording of
several.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import mean
from zipfile import ZipFile

from neuropil.apps.translate.app import Translate
from neuropil.apps.translate.lab import peers
from neuropil.apps.translate.lab.data import (
    ARCHIVE,
    DIRECTIONS,
    Direction,
    find_file,
    phrases,
    read_pairs,
    read_rows,
    side,
)
from neuropil.apps.translate.lab.evaluation import corpus_scores
from neuropil.apps.translate.lexicon import Lexicon
from neuropil.apps.translate.preprocess import normalize
from neuropil.kit.bounded import read_bytes
from neuropil.kit.errors import UserError
from neuropil.kit.report import Metrics, Table

MOST_BYTES = 10_000_000  # of a list of sentences
CAPTIONS = "multi30k.test_2016_flickr.tsv"
CAPTIONED = ("de", "fr")  # languages that Multi30k has beside English
ARTICLES = frozenset(
    "a an the der die das den dem des ein eine einen einem einer eines le la les l un une des du de"
    " el los las una unos unas".split()
)
WORD = re.compile(r"\w+")

TranslateTexts = Callable[[Sequence[str], str, str | None], list[str]]
Sentences = tuple[list[str], list[list[str]]]  # sources, and all that is known of each


def evaluate_texts(app: Translate, data: Path) -> tuple[list[Table], Metrics]:
    """Measure translations of texts, beside peers."""
    ways: dict[str, Callable[[Direction], TranslateTexts | None]] = {
        "": lambda _: app.translator.translate,
        "apertium": peers.apertium,
        "word_for_word": partial_lexicon(data),
    }
    tables, figures = evaluate_sentences(ways, data)
    for part in (evaluate_captions, evaluate_phrases):
        table, found = part(app, data)
        tables, figures = [*tables, table], figures | found
    return tables, figures


def partial_lexicon(data: Path) -> Callable[[Direction], TranslateTexts | None]:
    """Make what translates word for word, of the words of the data."""
    path = find_file(ARCHIVE, (data, data.parent))

    def for_direction(direction: Direction) -> TranslateTexts:
        table = peers.word_table(path, direction)
        return lambda texts, to, from_: [peers.word_for_word(text, table) for text in texts]

    return for_direction


def evaluate_sentences(
    ways: Mapping[str, Callable[[Direction], TranslateTexts | None]], data: Path
) -> tuple[list[Table], Metrics]:
    """Translate the sentences of mt200 in each direction, by the application and by peers."""
    figures: Metrics = {}
    rows = []
    for name, way in ways.items():
        end = f"_{name}" if name else ""
        told: list[object] = []
        chrf = []
        for direction in DIRECTIONS:
            translate = way(direction)
            if translate is None:
                told.append("")
                continue
            source, target = direction
            texts, known = read_sentences(data, direction)
            scores = corpus_scores(translate(texts, target, source), known)
            figures[f"bleu_{source}_{target}{end}"] = scores["bleu"]
            told.append(f"{scores['bleu']:.1f} / {scores['chrf']:.1f}")
            chrf.append(scores["chrf"])
        if chrf:
            figures[f"chrf_mean{end}"] = mean(chrf)
            rows.append((name.replace("_", " ") or "neuropil", *told))
    columns = ("BLEU / chrF", *(f"{a} to {b}" for a, b in DIRECTIONS))
    return [Table("200 sentences (mt200)", columns, tuple(rows))], figures


def read_sentences(data: Path, direction: Direction) -> Sentences:
    """Read the sentences of mt200 of a direction, and their translations."""
    source, target = direction
    name = f"mt200.{target}.tsv" if source == "en" else f"mt200.{source}-en.tsv"
    path = find_file(name, (data, data / "translate"))
    text = read_bytes(path, MOST_BYTES, "name the folder of the data by --data").decode("utf-8")
    rows = [line.split("\t") for line in text.splitlines()]
    return [row[0] for row in rows], [row[1:] for row in rows]


def evaluate_captions(app: Translate, data: Path) -> tuple[Table, Metrics]:
    """Translate the captions of Multi30k."""
    with ZipFile(find_file(ARCHIVE, (data, data.parent))) as archive:
        rows = [*read_rows(archive, CAPTIONS)]
    figures: Metrics = {}
    told = []
    for column, target in enumerate(CAPTIONED, 1):
        made = app.translator.translate([row[0] for row in rows], target, "en")
        scores = corpus_scores(made, [[row[column]] for row in rows])
        figures[f"multi30k_en_{target}"] = scores["bleu"]
        told.append((f"en to {target}", scores["bleu"], scores["chrf"]))
    return Table(
        f"{len(rows)} captions (Multi30k, 2016)", ("", "BLEU", "chrF"), tuple(told)
    ), figures


def evaluate_phrases(app: Translate, data: Path) -> tuple[Table, Metrics]:
    """Translate the phrases that were set aside; raises UserError where the lexicon has one."""
    rows, right, scores, by_word = [], [], [], []
    for direction, pairs in phrases(read_pairs(data)).items():
        source, target = direction
        texts = [side(pair, source) for pair in pairs]
        known = [side(pair, target) for pair in pairs]
        require_unknown(texts, direction)
        made = app.translate_texts(texts, target, source)
        some = [phrase_key(a) == phrase_key(b) for a, b in zip(made, known, strict=True)]
        table = peers.word_table(find_file(ARCHIVE, (data, data.parent)), direction)
        plain = [peers.word_for_word(text, table) for text in texts]
        by_word += [phrase_key(a) == phrase_key(b) for a, b in zip(plain, known, strict=True)]
        chrf = corpus_scores(made, [[text] for text in known])["chrf"]
        rows.append((f"{source} to {target}", len(texts), mean(some), chrf))
        right += some
        scores.append(chrf)
    figures: Metrics = {
        "phrases_right": mean(right),
        "phrases_chrf": mean(scores),
        "phrases_right_word_for_word": mean(by_word),
    }
    columns = ("phrases of places and food", "of", "right", "chrF")
    return Table("Phrases that no list and no training had", columns, tuple(rows)), figures


def require_unknown(texts: Sequence[str], direction: Direction) -> None:
    """Raise UserError where the lexicon of a direction has a phrase that measures."""
    lexicon = Lexicon.load(*direction)
    for text in texts:
        if lexicon.find(text) is not None:
            words = f"the lexicon has {text!r}, by which it is measured; make it anew: "
            way = "neuropil train translate --stage lexicon --data DIR"
            raise UserError("input.content", words + way)


def phrase_key(text: str) -> tuple[str, ...]:
    """Leave out case, articles and punctuation."""
    return tuple(w for w in WORD.findall(normalize(text).casefold()) if w not in ARTICLES)
