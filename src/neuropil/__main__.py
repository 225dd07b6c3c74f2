"""Start the command line: `neuropil`, `python -m neuropil`."""

import sys

STOPPED = 130  # exit code of a line that Ctrl-C has ended


def main() -> None:
    """Load the command line and run it; Ctrl-C is said in a sentence, also while it is loaded."""
    try:
        from neuropil.surfaces.cli.main import main as start

        start()
    except KeyboardInterrupt:
        sys.stderr.write("neuropil: stopped; nothing half-written\n")
        sys.exit(STOPPED)


if __name__ == "__main__":
    main()
