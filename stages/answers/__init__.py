"""Answers as texts hold them: thoughts and what is said, marks of a final answer, numbers and units."""
