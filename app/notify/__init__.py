"""Ways to tell people, elsewhere, that something waits for them."""
