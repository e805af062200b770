"""Selection: scores of candidates as the one worked example, trials on the trial cases, and ranking."""
