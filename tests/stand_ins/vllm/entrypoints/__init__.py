"""The servers of vLLM."""
