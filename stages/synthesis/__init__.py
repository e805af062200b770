"""Synthesis: strategies for new training data, its allocation to error types, and its checks."""
