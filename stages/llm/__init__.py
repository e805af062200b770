"""A client of any OpenAI-compatible server: cache, budget, retries, batches, tolerant JSON."""
