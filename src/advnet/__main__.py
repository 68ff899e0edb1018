"""Command line of advnet: `python -m advnet` runs the same program as `advnet`."""

from advnet.cli import main

if __name__ == "__main__":
    main()
