"""Composite situations: one module for each, or for two that belong together; ``judge`` runs them all."""
