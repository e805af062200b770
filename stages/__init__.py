"""Self-Error-Instruct as a DVC pipeline: a file here is a stage, a folder is what stages share."""
