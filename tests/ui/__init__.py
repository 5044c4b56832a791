"""Tests of widgets and screens."""
