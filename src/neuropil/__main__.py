"""Start the command line: `neuropil`, `python -m neuropil`."""

import os
import sys

STOPPED = 130  # exit code of a line that Ctrl-C has ended


def main() -> None:
    """Load the command line and run it; Ctrl-C is said in a sentence, also while it is loaded."""
    # NumPy's products are small here. Its threads wait for one another by spinning: on a machine
    # that is busy, two take up to ten times as long as one. (Networks run in threads of their own.)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from neuropil.surfaces.cli.main import main as start

        start()
    except KeyboardInterrupt:
        sys.stderr.write("neuropil: stopped; nothing half-written\n")
        sys.exit(STOPPED)


if __name__ == "__main__":
    main()
