"""Hooks for the frameworks that agents are built with, one module each; each needs the extra of its name."""
