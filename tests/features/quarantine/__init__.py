"""Messages: found, read, released."""
