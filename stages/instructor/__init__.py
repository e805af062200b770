"""The instructor: what a teacher does for the pipeline, and the two that do it."""
