"""fmtui: chat with foundation models in the terminal."""

__version__ = "0.1.0"
