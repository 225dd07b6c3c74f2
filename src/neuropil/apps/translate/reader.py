"""Lines read: those of about one width together, so that little is padding.

    read_lines(lines, run)      [ReadLine("Zwei Bier", 0.98), ...]

B  lines   L  width of the longest   T  steps   N  characters, and the blank
"""

from collections.abc import Callable, Sequence

from neuropil.apps.translate.alphabet import ReadLine, decode_lines
from neuropil.apps.translate.lines import Floats, stack_lines
from neuropil.kit.progress import ticking

TOGETHER = 16  # lines that are read at once


def read_lines(lines: Sequence[Floats], run: Callable[[Floats], Floats]) -> list[ReadLine]:
    """Read lines (32, L), in their order.

    run: gives the logits (B, T, N) of lines (B, 1, 32, L)
    """
    order = sorted(range(len(lines)), key=lambda i: lines[i].shape[1])
    found: dict[int, ReadLine] = {}
    for start in ticking(range(0, len(order), TOGETHER)):
        some = order[start : start + TOGETHER]
        batch, steps = stack_lines([lines[i] for i in some])
        found |= zip(some, decode_lines(run(batch), steps), strict=True)
    return [found[i] for i in range(len(lines))]
