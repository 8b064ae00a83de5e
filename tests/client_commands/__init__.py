"""Tests of the commands that call, watch and report."""
