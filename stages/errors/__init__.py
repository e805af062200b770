"""Error types: embeddings of keyphrases, clusters, their names, and types across iterations."""
