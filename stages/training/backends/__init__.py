"""Training libraries, a module for each; `stages.training.backend` has the table."""
