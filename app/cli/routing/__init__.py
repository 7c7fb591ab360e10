"""Coding agents on this machine: their hooks set up, looked at, and tried."""
