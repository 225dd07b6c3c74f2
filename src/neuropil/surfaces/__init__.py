"""Who asks for work: the command line; each surface knows jobs and the registry, none another."""
