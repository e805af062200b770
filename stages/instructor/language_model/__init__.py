"""The instructor that is a language model; each of its jobs is a module."""
