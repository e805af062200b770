"""The forms of questions that are understood, each with its two ways to the answer."""
