"""A study folder: read it, run the chain, write its results."""
