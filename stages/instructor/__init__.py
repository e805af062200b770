"""The instructor: the teacher that names mistakes and writes new problems."""
