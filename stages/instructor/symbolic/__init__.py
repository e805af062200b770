"""The instructor that works from the arithmetic of worked solutions."""
