"""Error types: embeddings of keyphrases, their clusters, and the clusters' names."""
