"""The `batchboard` command: each command with what it needs and no more, so that `--help` is quick."""
