"""Measurements. Each prints a JSON line with its baseline from the same run: `python -m tests.bench`."""
