"""Running a model: where its weights come from, its chat format, and the engine that generates."""
