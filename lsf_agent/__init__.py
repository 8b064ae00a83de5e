"""Batchboard's batch client: runs submit scripts on an LSF host, follows and kills their jobs, reports what it sees."""
