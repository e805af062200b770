"""Ways of scoring a candidate, one a module; `stages.selection.settings.SCORES` names them."""
