"""LSF jobs once they are known: looked at in few commands, told when they change, killed."""
