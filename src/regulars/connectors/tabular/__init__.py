"""Files of rows (CSV, JSON Lines, JSON, Parquet, Excel) read, recognised, mapped and turned into facts. No Django here."""
