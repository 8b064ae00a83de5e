"""What the agent tells people who ask: logs, details, whether a script can be run, whether a claim is true."""
