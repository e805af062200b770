"""The instructor: its interface, and the two instructors, symbolic and language model."""
