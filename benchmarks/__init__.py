"""What docs/benchmarks.md reports. ``python -m benchmarks [NAME ...] [--json]``."""
