"""Evaluation: intervals of accuracies, and paired tests of two models."""
