"""Use cases: they own the clock, the ids and the order of effects."""
