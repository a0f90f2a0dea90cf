"""Settings: small modules named for what they configure, composed by three entry points."""
