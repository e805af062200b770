"""Methods that group keyphrases into error types."""
