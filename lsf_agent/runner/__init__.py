"""What is done as the user whose job it is: one small program, the standard library alone (`__main__`)."""
