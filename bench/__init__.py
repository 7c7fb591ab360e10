"""Benchmarks: what the service costs, measured against a floor that is measured beside it."""
