"""Faults that fmtui must survive, produced on purpose, on loopback and in temporary folders."""
