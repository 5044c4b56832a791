"""Measurements that anyone can run; none is a timed assertion."""
