"""What stands between Textual's compositor and the terminal: only differences are written.

`screen` and `compositor` find what may have changed, `updates` are the rows of that, `painter`
remembers what the terminal shows and compares (`shifts` finds rows that moved, `strokes` what
changed in a row), and `pen` writes with the fewest bytes. `app` joins them, where `known` says
that the framework inside is the one they were made for.
"""
