"""Core: how a stage runs, its params and records, and where its files and partial work lie."""
