"""Files of rows (CSV, JSON Lines, JSON, Parquet) read, recognised, mapped and turned into facts. No Django here."""
