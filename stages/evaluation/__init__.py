"""Evaluation: graded outputs, intervals of accuracies, and paired tests of two models."""
