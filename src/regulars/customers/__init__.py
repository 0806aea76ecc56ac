"""Customers and prospects: identities, consent, merges, behaviour events."""
