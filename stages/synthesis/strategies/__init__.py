"""Strategies, a module for each; `stages.synthesis.strategy.STRATEGIES` names them."""
