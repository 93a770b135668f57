"""What is kept of costs, and of the work whose results people look at again."""

from __future__ import annotations

from typing import Any

from django.db import models

from lichen.web.models import Job, Park, User


class CostRow(models.Model):
    """A cost or price of a park: texts by the columns of a table of costs, its place in the order, and its version."""

    park = models.ForeignKey(Park, on_delete=models.PROTECT, related_name="+")
    values = models.JSONField()
    position = models.PositiveBigIntegerField()
    version = models.PositiveBigIntegerField(default=1)
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        """In the order they came."""

        ordering = ("position", "id")
        indexes = (models.Index(fields=("park", "position"), name="costs_of_park"),)


class RunKind(models.TextChoices):
    """Long work whose results people look at again: a design, its appraisal, a newcomer's check, a scenario."""

    DESIGN = "design"
    APPRAISAL = "appraisal"
    SETTLEMENT = "settlement"
    SCENARIO = "scenario"


class RunManager(models.Manager["Run"]):
    """Finds jobs that are runs."""

    def get_queryset(self) -> models.QuerySet[Run]:
        """Return the runs alone."""
        return super().get_queryset().filter(kind__in=RunKind.values)


class Run(Job):
    """A job whose result is a page of its own."""

    objects = RunManager()  # type: ignore[misc]

    class Meta:
        """The same table as jobs."""

        proxy = True

    @property
    def name(self) -> str:
        """What its maker called it."""
        return str(self.params.get("name", ""))

    @property
    def told(self) -> dict[str, Any]:
        """Its result; empty where there is none."""
        return self.result or {}


class RunRelease(models.Model):
    """Who lets the firms of the park see what a design holds for each of them, and since when."""

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="+")
    run = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="released")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    time = models.DateTimeField(auto_now_add=True)
