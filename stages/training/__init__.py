"""Fine-tuning: what is trained on, with what settings, and the backends that train."""
