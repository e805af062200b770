"""Commands beside the pipeline, which no stage imports."""
