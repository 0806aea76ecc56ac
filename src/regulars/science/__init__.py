"""Pure estimates over arrays and relations: NumPy, SciPy, DuckDB, PyArrow. No Django, no clock."""
