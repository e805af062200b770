"""Selection: scores of candidates as the one worked example, trials on a development set, and ranking."""
