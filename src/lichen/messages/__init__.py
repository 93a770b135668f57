"""The words of every problem, in English and Chinese; one TOML file an area."""
