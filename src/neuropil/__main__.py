"""Start the command line by `python -m neuropil`."""

from neuropil.surfaces.cli.main import main

if __name__ == "__main__":
    main()
