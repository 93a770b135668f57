"""The pages: each takes what the guard let through, asks the library, and fills a template."""
