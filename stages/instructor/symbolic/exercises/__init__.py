"""Short exercises of the skill behind an error type: bare calculations, and stories of one step or two."""
