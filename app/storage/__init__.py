"""Storage: all SQL lives here. Reads are plain functions; everything that writes is a command for the ledger."""
