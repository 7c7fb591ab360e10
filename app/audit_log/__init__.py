"""The audit log as bytes: what an entry is, how entries are chained, how a stored chain is verified.

Pure: no I/O, no clock, no randomness. Whoever writes hands in time and salts, whoever verifies hands in rows.
"""
