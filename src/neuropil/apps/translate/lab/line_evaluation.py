"""How well rendered lines of each language are read: of texts and photographs that taught nothing.

The fonts are those of training; where Debian's are not installed, this is left out.
"""

from itertools import groupby
from pathlib import Path

from neuropil.apps.translate.app import Translate
from neuropil.apps.translate.lab.measuring import count_edits
from neuropil.apps.translate.lab.reader_batches import RNG, check_rendered, read_writing
from neuropil.apps.translate.preprocess import LANGUAGES
from neuropil.kit.errors import UserError
from neuropil.kit.progress import message
from neuropil.kit.report import Metrics, Table


def evaluate_lines(app: Translate, data: Path) -> tuple[list[Table], Metrics]:
    """Read lines that were rendered for this alone."""
    try:
        lines = check_rendered(read_writing(data).held_out, RNG + 1)
    except UserError as error:
        message(f"rendered lines are left out: {error.message}")
        return [], {}
    figures: Metrics = {}
    for kind, group in groupby(lines, key=lambda each: each.kind):
        if kind in LANGUAGES:
            some = [*group]
            said = app.read_lines([each.line for each in some])
            edits = sum(count_edits(a.text, b.text) for a, b in zip(said, some, strict=True))
            figures[f"cer_lines_{kind}"] = edits / sum(len(each.text) for each in some)
    rows = tuple((key.removeprefix("cer_lines_"), value) for key, value in figures.items())
    return [Table("Characters wrong on rendered lines", ("language", "share"), rows)], figures
