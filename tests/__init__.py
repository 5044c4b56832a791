"""Tests of fmtui."""
