"""What developers run beside the package: the shape check, the message catalogues."""
