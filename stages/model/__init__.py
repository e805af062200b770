"""The target model: where its weights come from, its chat format, and the engines that run it."""
