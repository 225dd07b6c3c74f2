"""What handwriting is measured by, and beside whom.

neuropil bench handwrite --data DIR       DIR holds the database of real lines
"""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neuropil.apps.handwrite import quality
from neuropil.apps.handwrite.data import Written, lines, reader_examples
from neuropil.apps.handwrite.infer import HAND, PEN, READER, TRIES_OF_A_LINE, Handwrite
from neuropil.apps.handwrite.proof import Draft, Order
from neuropil.apps.handwrite.styles import Style, shipped, told
from neuropil.apps.handwrite.writing import Arrays, B, S, Task, begin, blank
from neuropil.kit.problem import Problem
from neuropil.kit.progress import track
from neuropil.kit.report import Figures, Report, Table, timed
from neuropil.kit.weights import Network, Weights

JUDGE = Weights(
    PEN.folder,
    "handwrite-judge-v1.onnx",
    "43ae7c60ba4e53cc7580b32a20af0edbc534bf5f4922a27574f9808d1e61b03c",
    PEN.licence,
)
NEATNESS, SEED = 0.5, 1
A_SENTENCE = 3  # styles that write it
LEARNED, WRITTEN = 5, 8  # lines that a held-out style is learned from; sentences written in it
SHOWN = 100  # lines that Tesseract reads, and lines of nats
LETTER = 300  # words
ROWS, TIMED, REPEATS = B, 60, 5
TEXT = "the quick brown fox jumps over a lazy dog"


@dataclass(frozen=True)
class Desk:
    """What is measured with: networks, styles by name, real lines of held-out writers."""

    pen: Network
    hand: Network
    reader: Network
    judge: Network
    styles: Mapping[str, Style]
    held_out: Sequence[Written]
    behind: Mapping[str, Sequence[Written]]  # real lines of those who were learned from

    def written(
        self, style: Style, texts: Sequence[str], tries: int, neatness: float = NEATNESS
    ) -> list[Draft]:
        """Write lines in a style."""
        order = Order(texts, style.vector, neatness, SEED, tries)
        return quality.drafts(self.pen, self.reader, order)

    def by_writer(self) -> dict[str, list[Written]]:
        """Sort the real lines of held-out writers who wrote enough of them."""
        found: dict[str, list[Written]] = {}
        for written in self.held_out:
            found.setdefault(written.writer, []).append(written)
        return {writer: its for writer, its in found.items() if len(its) >= 2 * LEARNED}


def measure(data: Path | None) -> Report:
    """Measure everything that the card says; raises Problem without the database."""
    if data is None:
        raise Problem("handwriting is measured beside real lines; name their folder by --data")
    styles = {name: Style.parse(name) for name in shipped()["named"]}
    networks = (PEN.open(), HAND.open(), READER.open(), JUDGE.open())
    desk = Desk(*networks, styles, lines(data, "held out"), reader_examples(data).by_writer)
    figures: Figures = {}
    parts: tuple[Callable[[Desk, Figures], Table], ...] = (
        legibility,
        characters,
        hands,
        learned,
        likelihood,
        speed,
    )
    tables = tuple(part(desk, figures) for part in track(parts, total=len(parts), title="bench"))
    sizes = [(w.folder / w.file).stat().st_size for w in (PEN, HAND, READER)]
    figures["weights_mb"] = sum(sizes) / 1e6
    return Report(tables, figures)


def legibility(desk: Desk, figures: Figures) -> Table:
    """Write 200 sentences, each in three of the styles, and have them read by the judge."""
    names, sentences = list(desk.styles), quality.sentences()
    cases = {"unbiased": (1, 0.0), "first": (1, NEATNESS), "last": (TRIES_OF_A_LINE, NEATNESS)}
    rates: dict[str, list[float]] = {key: [] for key in cases}
    made: dict[str, list[Draft]] = {key: [] for key in cases}
    for number, name in enumerate(names):
        mine = [(number - i * A_SENTENCE) % len(names) < A_SENTENCE for i in range(len(sentences))]
        its = [sentence for sentence, is_mine in zip(sentences, mine, strict=True) if is_mine]
        for key, (tries, neatness) in cases.items():
            drafts = desk.written(desk.styles[name], its, tries, neatness)
            rates[key].append(quality.judged(desk.judge, drafts))
            made[key] += drafts
    loose, first, last = (quality.judged(desk.judge, its) for its in made.values())
    own = [sum(d.errors for d in its) / sum(len(d.text) for d in its) for its in made.values()]
    reader, judge = (quality.real_error_rate(n, desk.held_out) for n in (desk.reader, desk.judge))
    real = quality.tesseract([(w.line, w.text) for w in desk.held_out[::5][:SHOWN]])
    drawn = quality.tesseract([(d.penned.line, d.text) for d in made["last"][::6][:SHOWN]])
    figures |= {
        "cer_first_draw": first,
        "cer_first_draw_unbiased": loose,
        "cer_after_retries": last,
        "cer_first_draw_spread": float(np.std(rates["first"])),
        "cer_after_retries_spread": float(np.std(rates["last"])),
        "cer_worst_style": max(rates["last"]),
        "reader_cer_real_writers": reader,
        "judge_cer_real_writers": judge,
        "rewritten_lines_share": float(np.mean([d.attempt > 0 for d in made["last"]])),
    }
    rows = [
        ("judge", loose, first, last, judge),
        ("reader, which chooses", *own, reader),
    ]
    if drawn is not None and real is not None:
        figures |= {"cer_tesseract": drawn, "cer_tesseract_real": real}
        nothing = float("nan")
        rows.append(("Tesseract, 100 lines", nothing, nothing, drawn, real))
    return Table(
        f"Character error rate of 200 sentences, each in {A_SENTENCE} of {len(names)} styles",
        ("read by", "first, unbiased", "first draw", "after retries", "real held-out lines"),
        tuple((name, *(f"{rate:.3f}" for rate in rates_)) for name, *rates_ in rows),
    )


def characters(desk: Desk, figures: Figures) -> Table:
    """Write each of the 95 characters in four contexts and all styles; count how often it reads."""
    tried = quality.contexts()
    texts = sorted({text for its in tried.values() for text in its})
    found: dict[str, list[Draft]] = {text: [] for text in texts}
    for style in desk.styles.values():
        for draft in desk.written(style, texts, TRIES_OF_A_LINE):
            found[draft.text].append(draft)
    shares = {}
    for character, its in tried.items():
        counts = [quality.reads(desk.judge, d, character) for text in its for d in found[text]]
        shares[character] = sum(a for a, _ in counts) / sum(b for _, b in counts)
    ranked = sorted(shares, key=lambda character: shares[character])
    figures |= {
        "worst_character_share": shares[ranked[0]],
        "characters_below_90_percent": sum(share < 0.9 for share in shares.values()),
        "mean_character_share": float(np.mean(list(shares.values()))),
    }
    return Table(
        "Characters read right by the judge, in context and all styles: the worst ten of 95",
        ("character", "share"),
        tuple((character, f"{shares[character]:.2f}") for character in ranked[:10]),
    )


def hands(desk: Desk, figures: Figures) -> Table:
    """Tell the named styles apart by a classifier that knows real lines of their writers alone."""
    texts = quality.sentences()[:20]
    made = [desk.written(style, texts, TRIES_OF_A_LINE) for style in desk.styles.values()]
    shelf = shipped()
    writers = [shelf["writers"][number] for number in shelf["named"].values()]
    real = [[w.line for w in desk.behind[writer]] for writer in writers]
    on_real, on_made = quality.told_apart(
        real, [[draft.penned.line for draft in drafts] for drafts in made]
    )
    figures |= {"styles_told_apart": on_made, "writers_told_apart": on_real}
    return Table(
        f"{len(made)} styles told apart by a classifier of real lines (chance {1 / len(made):.2f})",
        ("lines", "share right"),
        (("real ones, unseen", f"{on_real:.2f}"), ("written by the network", f"{on_made:.2f}")),
    )


def learned(desk: Desk, figures: Figures) -> Table:
    """Learn the hands of held-out writers from a few lines, and write in them."""
    writers, texts = desk.by_writer(), quality.sentences()[:WRITTEN]
    first, last, made = [], [], []
    for its in writers.values():
        style = Style("own", told(desk.hand, [w.line for w in its[:LEARNED]]))
        first.append(quality.judged(desk.judge, desk.written(style, texts, 1)))
        drafts = desk.written(style, texts, TRIES_OF_A_LINE)
        last.append(quality.judged(desk.judge, drafts))
        made.append([draft.penned.line for draft in drafts])
    real = [[w.line for w in its] for its in writers.values()]
    on_real, on_made = quality.told_apart(real, made)
    figures |= {
        "learned_cer_first_draw": float(np.mean(first)),
        "learned_cer_after_retries": float(np.mean(last)),
        "learned_told_apart": on_made,
        "learned_writers": len(writers),
    }
    return Table(
        f"Hands of {len(writers)} held-out writers, each learned from {LEARNED} lines "
        f"(chance {1 / len(writers):.2f})",
        ("", "share"),
        (
            ("character error rate, first draw", f"{np.mean(first):.3f} ± {np.std(first):.3f}"),
            ("after retries", f"{np.mean(last):.3f} ± {np.std(last):.3f}"),
            ("told apart, real lines", f"{on_real:.2f}"),
            ("told apart, written lines", f"{on_made:.2f}"),
        ),
    )


def likelihood(desk: Desk, figures: Figures) -> Table:
    """Measure -log p of real held-out lines, with the right text and style and without."""
    some = [w for its in desk.by_writer().values() for w in its[LEARNED:]][:SHOWN]
    own = {
        writer: told(desk.hand, [w.line for w in its[:LEARNED]])
        for writer, its in desk.by_writer().items()
    }
    vectors = list(own.values())
    cases = {
        "its text, its writer's style": [(w.text, own[w.writer]) for w in some],
        "no text": [("", own[w.writer]) for w in some],
        "its text, another style": [(w.text, vectors[i % len(own)]) for i, w in enumerate(some)],
    }
    means = {
        name: float(
            np.mean([quality.nats(desk.pen, w.line, *g) for w, g in zip(some, case, strict=True)])
        )
        for name, case in cases.items()
    }
    full, no_text, stranger = means.values()
    figures |= {"nats_per_point": full, "nats_without_text": no_text, "nats_other_style": stranger}
    return Table(
        f"-log p of a point, nats, {len(some)} real lines of held-out writers",
        ("given", "nats a point"),
        tuple((name, f"{value:.3f}") for name, value in means.items()),
    )


def speed(desk: Desk, figures: Figures) -> Table:
    """Time the pen beside others, and a letter of 300 words with everything that belongs to it."""
    ours, graves, eager = ours_a_point(), graves_a_point(), eager_a_point()
    text = " ".join(" ".join(quality.sentences()).split()[:LETTER])
    app = Handwrite()
    app("warm")
    start = time.perf_counter()
    made = app(text, paper="a4")
    seconds = time.perf_counter() - start
    assert not isinstance(made, Style)
    figures |= {
        "characters_per_second": len(text) / seconds,
        "seconds_300_words": seconds,
        "speed_vs_graves": graves / ours,
        "speed_vs_torch": eager / ours,
        "points_per_second": 1 / ours,
    }
    return Table(
        f"Seconds a pen point ({ROWS} lines side by side), and {LETTER} words on A4",
        ("", "seconds", "ratio"),
        (
            ("ours, ONNX Runtime", f"{ours:.2e}", "1"),
            ("Graves' 3 × 400, ONNX Runtime", f"{graves:.2e}", f"{graves / ours:.1f}"),
            ("ours, torch eager", f"{eager:.2e}", f"{eager / ours:.1f}"),
            (f"{LETTER} words, read back and laid out", f"{seconds:.1f}", ""),
        ),
    )


# Seconds a pen point


def ours_a_point() -> float:
    """Time our step in ONNX Runtime: seconds a point."""
    pen = PEN.open()
    return a_point(pen.run, written_in(pen))


def written_in(pen: Network) -> Arrays:
    """Make the inputs of lines that are about to be written."""
    feeds = blank(pen)
    for place in range(ROWS):
        begin(feeds, place, Task(TEXT, np.zeros_like(feeds["style"][0]), 0.5, (place,)))
    return feeds


def a_point(run: Callable[..., Mapping[str, object]], feeds: Mapping[str, object]) -> float:
    """Time a step that is fed with its own state: seconds a point."""

    def many() -> None:
        for _ in range(TIMED):
            run(**feeds)

    return timed(many, REPEATS) / TIMED / ROWS


def eager_a_point() -> float:
    """Time the same network in torch, step by step: seconds a point."""
    import torch

    from neuropil.apps.handwrite.model import HIGH, LOW
    from neuropil.apps.handwrite.model import Pen as TorchPen

    pen = TorchPen(LOW, HIGH).eval()
    feeds = {name: torch.from_numpy(array) for name, array in written_in(PEN.open()).items()}

    def run(**given: object) -> Mapping[str, object]:
        with torch.inference_mode():
            return {"made": pen(*given.values())}

    return a_point(run, feeds)


def graves_a_point() -> float:
    """Time three LSTMs of 400 cells, a window of 10 and 20 Gaussians (Graves 2013, section 5)."""
    import torch

    from neuropil.apps.handwrite.model import Published

    network = Published().eval()
    feeds = {name: torch.zeros(shape) for name, shape in Published.shapes(ROWS, S).items()}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "published.onnx")
        names, opset = list(feeds), 18
        torch.onnx.export(
            network,
            tuple(feeds.values()),
            str(file),
            input_names=names,
            opset_version=opset,
            dynamo=False,
        )
        session = Network(file.read_bytes())
    return a_point(session.run, {name: tensor.numpy() for name, tensor in feeds.items()})
