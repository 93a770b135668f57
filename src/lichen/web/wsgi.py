"""The application for a WSGI server; ``lichen serve`` runs it by waitress."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lichen.web.settings")
application = get_wsgi_application()

from lichen.web import walls  # noqa: E402  # Django is loaded first

walls.close()
