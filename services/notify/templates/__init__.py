"""The texts: a YAML file for each template, with every language and channel, and what reads them."""
