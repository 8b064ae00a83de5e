"""What users, scripts and agents can do: one function each, over one transaction of the store."""
