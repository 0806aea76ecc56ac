"""The only code that writes in two domains: one verb per file, one transaction per verb."""
