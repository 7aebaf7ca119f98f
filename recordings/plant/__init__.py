"""A simulated plant: hoists, loads and people with true physics, from a scenario file to a recording."""
