"""Spoilt files for every parser: each is read, or refused by one sentence that names it. No crash, no hang."""
