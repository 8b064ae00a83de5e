"""A request for a submit script, from the intent on disk to what LSF has of it: once, or never."""
