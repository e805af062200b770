"""Clustering methods, a module for each; `stages.errors.clustering.METHODS` names them."""
