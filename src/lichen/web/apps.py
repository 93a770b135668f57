"""The application as Django knows it."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The workbench."""

    name = "lichen.web"
    label = "web"
