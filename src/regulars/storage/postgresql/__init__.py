"""The PostgreSQL engine that ``ENGINE`` names."""
