"""What colorize learns with and is measured by; nothing that runs for a person needs it."""
