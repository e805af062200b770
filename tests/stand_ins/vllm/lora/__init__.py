"""The part of vLLM that deals with adapters."""
