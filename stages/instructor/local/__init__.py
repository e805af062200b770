"""The instructor that is a language model on this machine, which the stage serves itself."""
