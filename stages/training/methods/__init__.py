"""Training methods, a module each; `stages.training.method` has their table."""
