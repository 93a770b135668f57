"""Settings of the workbench in tests: a data folder of their own; LICHEN_TEST_DATABASE_URL names a PostgreSQL."""

import os
import tempfile

os.environ["LICHEN_DATA"] = tempfile.mkdtemp(prefix="lichen-test-")
os.environ["LICHEN_DATABASE_URL"] = os.environ.get("LICHEN_TEST_DATABASE_URL", "")
os.environ["LICHEN_URL"] = ""
os.environ["LICHEN_OIDC"] = ""

from lichen.web.settings import *  # noqa: F403

SECRET_KEY = "of tests alone"
CSRF_FAILURE_VIEW = "lichen.web.views.errors.csrf"
