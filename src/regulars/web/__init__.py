"""What every page and API route shares: access declarations, problems, lists, formats, components."""
