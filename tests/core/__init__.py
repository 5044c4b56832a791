"""Tests of the core: no screen, mostly no socket, milliseconds."""
