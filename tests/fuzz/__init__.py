"""Hostile input of every kind, made by hypothesis: what no server, file or paste may do to fmtui.

The suite tries a few of each kind, always the same; `python -m tests.fuzz --minutes 10` tries others.
"""
