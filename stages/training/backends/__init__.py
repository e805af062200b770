"""Training backends, a module for each; `stages.training.backend.BACKENDS` names them."""
