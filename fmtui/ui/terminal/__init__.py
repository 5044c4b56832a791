"""What stands between Textual's compositor and the terminal: only differences are written."""
