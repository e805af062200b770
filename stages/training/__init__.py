"""Fine-tuning: training sets, settings, backends, and checks before and after."""
