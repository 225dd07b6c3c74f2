"""Start the command line by `python -m neuropil`."""

from neuropil.cli import main

if __name__ == "__main__":
    main()
