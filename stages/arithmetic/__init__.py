"""Arithmetic of worked solutions: reading equations, renumbering problems, locating the first mistake."""
