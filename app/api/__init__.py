"""The REST interface: adapters that turn HTTP into use cases and back."""
