"""``python -m gencheck`` is the command line."""

from gencheck.cli import main

if __name__ == "__main__":
    main()
