"""Where problems come from: a procedural generator, a local file, a data set on the hub."""
