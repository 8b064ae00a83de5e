"""One server process: takes connections from a socket that its parent holds, says that it serves, and says goodbye."""
