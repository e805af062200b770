"""Grading: is this answer correct, wrong, or not gradable."""
