"""What happens to a shop that Regulars must survive: docs/reliability.md says what each of these proves."""
