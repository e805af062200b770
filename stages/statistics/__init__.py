"""Statistics: how sure an accuracy is."""
