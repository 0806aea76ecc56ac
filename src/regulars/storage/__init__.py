"""How rows reach the database and fact files: ids, bulk writes, transactions, durability."""
