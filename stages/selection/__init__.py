"""Selection: how much a candidate helps when it is shown as the one worked example."""
