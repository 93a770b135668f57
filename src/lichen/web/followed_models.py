"""What is kept of follow-up: exchanges with their log and documents, registers, released tables.

Rows of the log and of the registers hold their values by the keys of follow-up's dictionary, see
:mod:`lichen.monitor.dictionary`. The log is only added to, and a released table never changes: the database refuses.
"""

from __future__ import annotations

import secrets

from django.db import models
from django.utils import timezone

from lichen.web.models import FirmRow, Park, User


class Exchange(models.Model):
    """An exchange on the board.

    ``key`` is its name in the log and in the registers; ``named``: its two firms know of each other; ``origin``: the
    opportunity or the design that it came from.
    """

    park = models.ForeignKey(Park, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=500)
    title = models.CharField(max_length=200)
    title_zh = models.CharField(max_length=200, blank=True)
    donor = models.ForeignKey(FirmRow, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    receiver = models.ForeignKey(FirmRow, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    named = models.BooleanField(default=False)
    origin = models.CharField(max_length=200, blank=True)
    version = models.PositiveBigIntegerField(default=1)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        """A key once a park; in the order they came."""

        constraints = (models.UniqueConstraint(fields=("park", "key"), name="one_exchange"),)
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.title


class LogRow(models.Model):
    """One event of an exchange; ``shared``: the firms of the exchange read its words too, not the state alone.

    ``author`` is who noted it as the file says that it came in with; ``None``: noted here.
    """

    park = models.ForeignKey(Park, on_delete=models.PROTECT, related_name="+")
    exchange = models.ForeignKey(Exchange, on_delete=models.PROTECT, related_name="log")
    values = models.JSONField()
    shared = models.BooleanField(default=False)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    author = models.CharField(max_length=150, null=True, blank=True)
    firm = models.BigIntegerField(null=True)
    time = models.DateTimeField()

    class Meta:
        """As they came."""

        ordering = ("id",)


def random_name() -> str:
    """Return a name for a stored file that says nothing."""
    return secrets.token_hex(16)


class Document(models.Model):
    """A file of an exchange, stored under ``stored`` in the data folder; ``firm``: who of the firms sent it.

    ``author`` is who sent it as the study says that it came in with; ``None``: sent here.
    """

    park = models.ForeignKey(Park, on_delete=models.PROTECT, related_name="+")
    exchange = models.ForeignKey(Exchange, on_delete=models.PROTECT, related_name="documents")
    name = models.CharField(max_length=150)
    stored = models.CharField(max_length=32, unique=True, default=random_name)
    size = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64)
    shared = models.BooleanField(default=False)
    firm = models.ForeignKey(FirmRow, on_delete=models.SET_NULL, null=True, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    author = models.CharField(max_length=150, null=True, blank=True)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        """As they came."""

        ordering = ("id",)


class FollowRow(models.Model):
    """A row of a register, which ``entity`` names; ``about``: exchange, firm or indicator."""

    park = models.ForeignKey(Park, on_delete=models.PROTECT, related_name="+")
    entity = models.CharField(max_length=10)
    about = models.CharField(max_length=500)
    key = models.CharField(max_length=64)
    values = models.JSONField()
    position = models.PositiveBigIntegerField()
    version = models.PositiveBigIntegerField(default=1)
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        """One row a key; as they came."""

        constraints = (models.UniqueConstraint(fields=("park", "entity", "key"), name="one_followed"),)
        indexes = (models.Index(fields=("park", "entity", "position")),)
        ordering = ("position", "pk")


class ReleasedTable(models.Model):
    """A table that left the house, as it was then.

    ``table`` is what anybody sees. ``contributions`` (firm → leaf → value) never leaves: a later table of the same
    figures is held against it, so that the difference of the two tells nothing of a firm either.
    """

    park = models.ForeignKey(Park, on_delete=models.PROTECT, related_name="+")
    figure = models.CharField(max_length=20)
    year = models.PositiveSmallIntegerField()
    rules = models.JSONField()
    table = models.JSONField()
    contributions = models.JSONField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    time = models.DateTimeField()

    class Meta:
        """Newest first."""

        ordering = ("-id",)


class Withdrawal(models.Model):
    """That a released table is shown no more; who has it, has it."""

    park = models.ForeignKey(Park, on_delete=models.PROTECT, related_name="+")
    release = models.OneToOneField(ReleasedTable, on_delete=models.PROTECT, related_name="withdrawal")
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    time = models.DateTimeField()
