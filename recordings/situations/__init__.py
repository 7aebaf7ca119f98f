"""Seeded variations of the scenario library, and whether each situation is told in time and nothing else is."""
