"""Which of some drivers is shipped: the one that drives best on tracks kept for that choice.

    python -m neuropil.apps.drive.lab.selection runs/*/drive-driver.onnx

Fifty tracks, seeds 20000 to 20049, in the original simulator; the expert drives them too. The
tracks that are reported (10000 to 10099) are not touched.
"""

import sys
from functools import partial
from pathlib import Path
from statistics import mean, stdev

from neuropil.apps.drive.lab.scoring import parallel_map, score_expert, score_network_file
from neuropil.kit.errors import UserError
from neuropil.kit.progress import terminal_progress

SEEDS = range(20_000, 20_050)


def main() -> None:
    """Score the drivers that are named, and the expert."""
    try:
        with terminal_progress():
            print_scores("expert", parallel_map(score_expert, SEEDS, "expert"))
            for path in map(Path, sys.argv[1:]):
                print_scores(
                    str(path),
                    parallel_map(partial(score_network_file, path, None), SEEDS, path.name),
                )
    except (UserError, OSError) as error:
        sys.exit(f"choosing: {error}")


def print_scores(name: str, points: list[float]) -> None:
    """Print the mean, the spread and the worst."""
    worst = ", ".join(f"{p:.0f}" for p in sorted(points)[:3])
    sys.stdout.write(f"{name}: {mean(points):.1f} ± {stdev(points):.1f}, the worst {worst}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
