"""Statistics: how sure an accuracy is, and whether two models differ."""
