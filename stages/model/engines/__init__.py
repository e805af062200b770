"""Engines: what runs the target model."""
