"""`python -m fmtui` is the same as `fmtui`."""

import sys

from fmtui.cli import main

if __name__ == "__main__":
    sys.exit(main())
