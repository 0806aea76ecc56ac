"""What is written of the programme and its members; amounts go through the ledger."""
