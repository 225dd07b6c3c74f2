"""What handwriting is measured by, and beside whom.

neuropil bench handwrite --data DIR       DIR holds the database of real lines
"""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase, digits, punctuation

import numpy as np

from neuropil.apps.handwrite.app import DEFAULT_TRIES, JUDGE, PEN, READER, STYLE_ENCODER, Handwrite
from neuropil.apps.handwrite.diacritics import decompose
from neuropil.apps.handwrite.generation import Arrays, B, LineRequest, S, initial_inputs, reset_row
from neuropil.apps.handwrite.lab import evaluation
from neuropil.apps.handwrite.lab.batches import align_part, build_composer
from neuropil.apps.handwrite.lab.data import HandwrittenLine, load_lines, sort_by_writer
from neuropil.apps.handwrite.lab.glyphs import WRITER_GLYPHS
from neuropil.apps.handwrite.strokes import Line, normalize
from neuropil.apps.handwrite.styles import Style, encode_style, shipped_styles
from neuropil.apps.handwrite.verification import Draft, WriteRequest
from neuropil.kit.errors import UserError
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.kit.progress import track
from neuropil.kit.report import Metrics, Report, Table, median_seconds

NEATNESS, SEED = 0.5, 1
NEVER_WRITTEN = "$<=>@\\^_`{|}~%"  # the characters that no line of the database has
STYLES_PER_SENTENCE = 3  # styles that write it
LEARNED, WRITTEN = 5, 8  # lines that a held-out style is learned from; sentences written in it
SHOWN = 100  # lines that Tesseract reads, and lines of nats
LETTER = 300  # words
N_DRAWN, LENGTH = 400, 30  # lines with drawn symbols, and their characters, about
ROWS, TIMED, REPEATS = B, 60, 5
TEXT = "the quick brown fox jumps over a lazy dog"


@dataclass(frozen=True)
class BenchContext:
    """What is measured with: networks, styles by name, real lines of held-out writers."""

    pen: OnnxNetwork
    hand: OnnxNetwork
    reader: OnnxNetwork
    judge: OnnxNetwork
    styles: Mapping[str, Style]
    held_out: Sequence[HandwrittenLine]
    behind: Mapping[str, Sequence[HandwrittenLine]]  # real lines of those who were learned from
    drawn: Sequence[tuple[Line, str]]  # lines with characters that are drawn as no reader learned

    def write(
        self, style: Style, texts: Sequence[str], tries: int, neatness: float = NEATNESS
    ) -> list[Draft]:
        """Write lines in a style."""
        order = WriteRequest(texts, style.vector, neatness, SEED, tries)
        return evaluation.write_drafts(self.pen, self.reader, order)

    def share_out(
        self, texts: Sequence[str], tries: int, neatness: float = NEATNESS
    ) -> dict[str, list[Draft]]:
        """Write each text in A_SENTENCE of the styles: drafts by style."""
        made: dict[str, list[Draft]] = {}
        for number, (name, style) in enumerate(self.styles.items()):
            turns = [
                (number - i * STYLES_PER_SENTENCE) % len(self.styles) for i in range(len(texts))
            ]
            its = [t for t, turn in zip(texts, turns, strict=True) if turn < STYLES_PER_SENTENCE]
            made[name] = self.write(style, its, tries, neatness)
        return made

    def by_writer(self) -> dict[str, list[HandwrittenLine]]:
        """Sort the real lines of held-out writers who wrote enough of them."""
        found: dict[str, list[HandwrittenLine]] = {}
        for written in self.held_out:
            found.setdefault(written.writer, []).append(written)
        return {writer: its for writer, its in found.items() if len(its) >= 2 * LEARNED}


def measure(data: Path | None) -> Report:
    """Measure everything that the card says; raises UserError without the database."""
    if data is None:
        raise UserError(
            "option.missing",
            "handwriting is measured beside real lines; name their folder by --data",
            name="data",
        )
    styles = {name: Style.parse(name) for name in shipped_styles()["named"]}
    networks = (PEN.open(), STYLE_ENCODER.open(), READER.open(), JUDGE.open())
    behind = sort_by_writer([*load_lines(data, "reader"), *load_lines(data, "judge")])
    desk = BenchContext(*networks, styles, load_lines(data, "held out"), behind, drawn_lines(data))
    figures: Metrics = {}
    parts: tuple[Callable[[BenchContext, Metrics], Table], ...] = (
        readers,
        bench_legibility,
        bench_characters,
        bench_style_separability,
        bench_learned_styles,
        bench_likelihood,
        bench_speed,
    )
    tables = tuple(part(desk, figures) for part in track(parts, total=len(parts), title="bench"))
    sizes = [w.path.stat().st_size for w in (PEN, STYLE_ENCODER, READER)]
    figures["weights_mb"] = sum(sizes) / 1e6
    return Report(tables, figures)


def drawn_lines(data: Path) -> list[tuple[Line, str]]:
    """Compose lines of held-out writers' strokes and of drawings that no reader learned."""
    held_out = align_part(data, "held out")
    composer, rng = build_composer(held_out, WRITER_GLYPHS), np.random.default_rng(SEED)
    chosen = rng.integers(len(held_out), size=N_DRAWN)
    made = [composer.compose(held_out[i], LENGTH, rng) for i in chosen]
    return [(normalize(line[:, :3]), text) for line, text in made]


def bench_legibility(desk: BenchContext, figures: Metrics) -> Table:
    """Write sentences and the field set in three styles each, and have them read by the judge."""
    unbiased = desk.share_out(evaluation.sentences(), tries=1, neatness=0.0)
    first = desk.share_out(evaluation.sentences(), tries=1)
    last = desk.share_out(evaluation.sentences(), tries=DEFAULT_TRIES)
    texts = [decompose(text).text for text in evaluation.field()]
    field_first = desk.share_out(texts, tries=1)
    field_last = desk.share_out(texts, tries=DEFAULT_TRIES)
    capitals = [draft for draft in flat(field_last) if draft.text.isupper()]
    cases = [unbiased, first, last, field_first, field_last]
    by_judge = [evaluation.evaluate_cer(desk.judge, flat(made)) for made in cases]
    own = [sum(d.edit_distance for d in flat(m)) / sum(len(d.text) for d in flat(m)) for m in cases]
    hands = [evaluation.evaluate_cer(desk.judge, drafts) for drafts in last.values()]
    spread = np.std([evaluation.evaluate_cer(desk.judge, drafts) for drafts in first.values()])
    figures |= {
        "cer_first_draw_unbiased": by_judge[0],
        "cer_first_draw": by_judge[1],
        "cer_after_retries": by_judge[2],
        "cer_field_first_draw": by_judge[3],
        "cer_field": by_judge[4],
        "cer_all_caps": evaluation.evaluate_cer(desk.judge, capitals),
        "cer_first_draw_spread": float(spread),
        "cer_after_retries_spread": float(np.std(hands)),
        "cer_worst_style": max(hands),
        "rewritten_lines_share": float(np.mean([d.attempt > 0 for d in flat(last)])),
        "field_lines_unread": float(np.mean([d.edit_distance > 0 for d in flat(field_last)])),
    }
    rows = [("judge", by_judge), ("reader, which chooses", own)]
    drawn = evaluation.tesseract_cer([(d.penned.line, d.text) for d in flat(last)[::6][:SHOWN]])
    if drawn is not None:
        figures["cer_tesseract"] = drawn
        nothing = float("nan")
        rows.append(("Tesseract, 100 sentences", [nothing, nothing, drawn, nothing, nothing]))
    return Table(
        f"Character error rate of {len(evaluation.sentences())} sentences and {len(texts)} lines"
        f" of what people write, each in {STYLES_PER_SENTENCE} of {len(desk.styles)} styles",
        ("read by", "unbiased", "first draw", "retried", "field, first draw", "field, retried"),
        tuple((name, *(f"{rate:.3f}" for rate in rates)) for name, rates in rows),
    )


def flat(made: Mapping[str, Sequence[Draft]]) -> list[Draft]:
    """List the drafts of all styles."""
    return [draft for drafts in made.values() for draft in drafts]


def readers(desk: BenchContext, figures: Metrics) -> Table:
    """Have real lines of held-out writers read, and symbols in drawings that no reader learned."""
    real = [(w.line, w.text) for w in desk.held_out]
    wanted = ascii_uppercase + digits
    rows = []
    for name, network in (("judge", desk.judge), ("reader", desk.reader)):
        found = {
            f"{name}_cer_real_writers": evaluation.cer_on_real_lines(network, desk.held_out),
            f"{name}_capitals_digits_share": evaluation.share_read(network, real, wanted),
            f"{name}_drawn_symbols_share": evaluation.share_read(
                network, desk.drawn, NEVER_WRITTEN
            ),
        }
        figures |= found
        rows.append((name, *(f"{value:.3f}" for value in found.values())))
    cer = evaluation.tesseract_cer(real[::5][:SHOWN])
    if cer is not None:
        figures["cer_tesseract_real"] = cer
        rows.append(("Tesseract, 100 lines", f"{cer:.3f}", "", ""))
    return Table(
        f"{len(real)} real lines of held-out writers, and {len(desk.drawn)} lines with symbols in "
        "drawings that no reader learned from",
        ("read by", "characters wrong", "capitals and digits right", "drawn symbols right"),
        tuple(rows),
    )


def bench_characters(desk: BenchContext, figures: Metrics) -> Table:
    """Write each of the 95 characters in four contexts and all styles; count how often it reads."""
    tried = evaluation.contexts()
    texts = sorted({text for its in tried.values() for text in its})
    found: dict[str, list[Draft]] = {text: [] for text in texts}
    for style in desk.styles.values():
        for draft in desk.write(style, texts, DEFAULT_TRIES):
            found[draft.text].append(draft)
    shares = {}
    for character, its in tried.items():
        counts = [
            evaluation.count_recognized(desk.judge, d, character)
            for text in its
            for d in found[text]
        ]
        shares[character] = sum(a for a, _ in counts) / sum(b for _, b in counts)
    ranked = sorted(shares, key=lambda character: shares[character])
    letters = [share for character, share in shares.items() if character.isalnum()]
    figures |= {
        "worst_letter_share": min(letters),
        "worst_symbol_share": min(shares[character] for character in punctuation),
        "letters_below_90_percent": sum(share < 0.9 for share in letters),
        "symbols_below_80_percent": sum(shares[character] < 0.8 for character in punctuation),
        "worst_character_share": shares[ranked[0]],
        "characters_below_90_percent": sum(share < 0.9 for share in shares.values()),
        "mean_character_share": float(np.mean(list(shares.values()))),
    }
    return Table(
        "Characters read right by the judge, in context and all styles: the worst ten of 95",
        ("character", "share"),
        tuple((character, f"{shares[character]:.2f}") for character in ranked[:10]),
    )


def bench_style_separability(desk: BenchContext, figures: Metrics) -> Table:
    """Tell the named styles apart by a classifier that knows real lines of their writers alone."""
    texts = evaluation.sentences()[:20]
    made = [desk.write(style, texts, DEFAULT_TRIES) for style in desk.styles.values()]
    shelf = shipped_styles()
    writers = [shelf["writers"][number] for number in shelf["named"].values()]
    real = [[w.line for w in desk.behind[writer]] for writer in writers]
    on_real, on_made = evaluation.style_accuracy(
        real, [[draft.penned.line for draft in drafts] for drafts in made]
    )
    figures |= {"styles_told_apart": on_made, "writers_told_apart": on_real}
    return Table(
        f"{len(made)} styles told apart by a classifier of real lines (chance {1 / len(made):.2f})",
        ("lines", "share right"),
        (("real ones, unseen", f"{on_real:.2f}"), ("written by the network", f"{on_made:.2f}")),
    )


def bench_learned_styles(desk: BenchContext, figures: Metrics) -> Table:
    """Learn the hands of held-out writers from a few lines, and write in them."""
    writers, sentences = desk.by_writer(), evaluation.sentences()[:WRITTEN]
    field = [
        decompose(text).text for text in evaluation.field()[:: len(evaluation.field()) // WRITTEN]
    ]
    cases = {
        "cer_first_draw": (sentences, 1),
        "cer_after_retries": (sentences, DEFAULT_TRIES),
        "cer_field_first_draw": (field, 1),
        "cer_field": (field, DEFAULT_TRIES),
    }
    rates: dict[str, list[float]] = {key: [] for key in cases}
    made = []
    for its in writers.values():
        style = Style("own", encode_style(desk.hand, [w.line for w in its[:LEARNED]]))
        drafts = {key: desk.write(style, *case) for key, case in cases.items()}
        for key, found in drafts.items():
            rates[key].append(evaluation.evaluate_cer(desk.judge, found))
        made.append([draft.penned.line for draft in drafts["cer_after_retries"]])
    real = [[w.line for w in its] for its in writers.values()]
    on_real, on_made = evaluation.style_accuracy(real, made)
    figures |= {f"learned_{key}": float(np.mean(values)) for key, values in rates.items()}
    figures |= {"learned_told_apart": on_made, "learned_writers": len(writers)}
    names = ("sentences, first draw", "after retries", "field, first draw", "field, after retries")
    rows = [
        (f"characters wrong: {name}", f"{np.mean(values):.3f} ± {np.std(values):.3f}")
        for name, values in zip(names, rates.values(), strict=True)
    ]
    return Table(
        f"Hands of {len(writers)} held-out writers, each learned from {LEARNED} lines "
        f"(chance {1 / len(writers):.2f})",
        ("", "share"),
        (
            *rows,
            ("told apart, real lines", f"{on_real:.2f}"),
            ("told apart, written lines", f"{on_made:.2f}"),
        ),
    )


def bench_likelihood(desk: BenchContext, figures: Metrics) -> Table:
    """Measure -log p of real held-out lines, with the right text and style and without."""
    some = [w for its in desk.by_writer().values() for w in its[LEARNED:]][:SHOWN]
    own = {
        writer: encode_style(desk.hand, [w.line for w in its[:LEARNED]])
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
            np.mean(
                [
                    evaluation.nll_per_point(desk.pen, w.line, *g)
                    for w, g in zip(some, case, strict=True)
                ]
            )
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


def bench_speed(desk: BenchContext, figures: Metrics) -> Table:
    """Time the pen beside others, and a letter of 300 words with everything that belongs to it."""
    ours, graves, eager = own_step_seconds(), graves_step_seconds(), torch_step_seconds()
    text = " ".join(" ".join(evaluation.sentences()).split()[:LETTER])
    app = Handwrite()
    app("warm")
    start = time.perf_counter()
    app(text, paper="a4")
    seconds = time.perf_counter() - start
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


def own_step_seconds() -> float:
    """Time our step in ONNX Runtime: seconds a point."""
    pen = PEN.open()
    return seconds_per_step(pen.run, warm_inputs(pen))


def warm_inputs(pen: OnnxNetwork) -> Arrays:
    """Make the inputs of lines that are about to be written."""
    feeds = initial_inputs(pen)
    for place in range(ROWS):
        reset_row(feeds, place, LineRequest(TEXT, np.zeros_like(feeds["style"][0]), 0.5, (place,)))
    return feeds


def seconds_per_step(
    run: Callable[..., Mapping[str, object]], feeds: Mapping[str, object]
) -> float:
    """Time a step that is fed with its own state: seconds a point."""

    def many() -> None:
        for _ in range(TIMED):
            run(**feeds)

    return median_seconds(many, REPEATS) / TIMED / ROWS


def torch_step_seconds() -> float:
    """Time the same network in torch, step by step: seconds a point."""
    import torch

    from neuropil.apps.handwrite.lab.model import HIGH, LOW, PenStep

    pen = PenStep(LOW, HIGH).eval()
    feeds = {name: torch.from_numpy(array) for name, array in warm_inputs(PEN.open()).items()}

    def run(**given: object) -> Mapping[str, object]:
        with torch.inference_mode():
            return {"made": pen(*given.values())}

    return seconds_per_step(run, feeds)


def graves_step_seconds() -> float:
    """Time three LSTMs of 400 cells, a window of 10 and 20 Gaussians (Graves 2013, section 5)."""
    import torch

    from neuropil.apps.handwrite.lab.model import GravesBaseline

    network = GravesBaseline().eval()
    feeds = {name: torch.zeros(shape) for name, shape in GravesBaseline.shapes(ROWS, S).items()}
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
        session = OnnxNetwork(file.read_bytes())
    return seconds_per_step(session.run, {name: tensor.numpy() for name, tensor in feeds.items()})
