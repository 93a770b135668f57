"""Long work that runs in the background: each module here registers kinds with :func:`lichen.web.jobs.job`."""
