"""`python -m advnet` is `advnet`."""

from advnet.cli import main

if __name__ == "__main__":
    main()
