"""Synthesis: what new training data is made from, how much of it for each error type, and what is wrong with it."""
