"""Synthesis: how many new problems each error type gets, and which of them are new."""
