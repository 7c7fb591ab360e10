"""What the body of an entry holds, type by type. The published JSON Schemas are made from this."""
