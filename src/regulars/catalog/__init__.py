"""What the shop sells: products, variants, categories, sellers, listings and their prices over time."""
