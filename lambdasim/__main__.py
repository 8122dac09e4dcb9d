"""``python -m lambdasim`` is the command ``lambdasim``."""

from lambdasim.cli.main import main

if __name__ == "__main__":
    main()
