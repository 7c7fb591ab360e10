"""The console: pages for the people who approve, stop and look."""
