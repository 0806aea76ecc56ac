"""What the marts say, shown to people: dashboard, customers by value and rhythm, segments, definitions."""
