"""LSF as a scheduler: bounded commands, pure parsers of what they print, and the adapter that joins them."""
