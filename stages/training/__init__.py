"""Fine-tuning: what is trained on, with what settings, and the TRL back end."""
