"""Batchboard's manager: experiments, runs, hashes and jobs, and every change of them pushed live."""

__version__ = "0.1.0"
