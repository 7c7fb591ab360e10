"""Telemetry: what the service tells about itself, in numbers and in its log."""
