"""Checks of a submit script before it counts: read closely, and run once with a `bsub` that only prints."""
