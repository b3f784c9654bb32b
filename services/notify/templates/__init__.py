"""The message texts: one YAML file per template with all languages and channels, and the reader."""
