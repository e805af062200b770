"""Selection scores, a module for each; `stages.selection.scoring.SCORES` names them."""
