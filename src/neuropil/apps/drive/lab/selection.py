"""Which of some drivers is shipped: the one that drives best on tracks kept for that choice.

    python -m neuropil.apps.drive.lab.selection runs/*/drive-driver.onnx

Fifty tracks, seeds 20000 to 20049, in the original simulator; the expert drives them too. The
tracks that are reported (10000 to 10099) are not touched.
"""

import sys
from functools import partial
from pathlib import Path
from statistics import mean, stdev

from neuropil.apps.drive.lab.scoring import expert_scored, file_scored, side_by_side
from neuropil.kit.errors import UserError
from neuropil.kit.progress import on_terminal

SEEDS = range(20_000, 20_050)


def main() -> None:
    """Score the drivers that are named, and the expert."""
    try:
        with on_terminal():
            report("expert", side_by_side(expert_scored, SEEDS, "expert"))
            for path in map(Path, sys.argv[1:]):
                report(str(path), side_by_side(partial(file_scored, path, None), SEEDS, path.name))
    except (UserError, OSError) as error:
        sys.exit(f"choosing: {error}")


def report(name: str, points: list[float]) -> None:
    """Print the mean, the spread and the worst."""
    worst = ", ".join(f"{p:.0f}" for p in sorted(points)[:3])
    sys.stdout.write(f"{name}: {mean(points):.1f} ± {stdev(points):.1f}, the worst {worst}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
