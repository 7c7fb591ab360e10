"""Hooks of coding agents: their events in, their words out."""
