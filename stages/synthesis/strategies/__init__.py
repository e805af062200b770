"""Strategies, one a module; the table in `stages.synthesis.strategy` names them."""
