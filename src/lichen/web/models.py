"""What is kept: people, parks, and the rows of each park's flow database.

A row holds its values by the keys of the data dictionary, as :func:`lichen.inventory.records.as_records` gives them, so
that a new field of the dictionary is a new field here; beside them stand the few that tables are searched by. Every row
names its park. Rows of history and audit are only ever added; the database itself refuses to change or remove them.
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models

from lichen.inventory.dictionary import Entity


class UserManager(BaseUserManager["User"]):
    """Makes people, who are known by their e-mail address."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **more: Any) -> User:
        """Return a new person; without a password nobody can log in as them yet."""
        user = self.model(email=self.normalize_email(email).lower(), **more)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractUser):
    """A person. Who operates the installation (makes parks, names their administrators) is a superuser."""

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()  # type: ignore[misc,assignment]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """Return the name, or the address where none was given."""
        return str(self)

    def get_short_name(self) -> str:
        """Return the name, or the address where none was given."""
        return str(self)


class Park(models.Model):
    """A park or city, with a flow database of its own; ``revision`` counts the changes of its rows."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    name_zh = models.CharField(max_length=200, blank=True)
    revision = models.PositiveBigIntegerField(default=0)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a person is to a park; the public is who is not logged in."""

    FIRM = "firm"
    FACILITATOR = "facilitator"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Row(models.Model):
    """One row of a flow database: values by the dictionary's keys, its place in the order, and its version."""

    entity: ClassVar[Entity]

    park = models.ForeignKey(Park, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=64)
    values = models.JSONField()
    position = models.PositiveBigIntegerField()
    version = models.PositiveBigIntegerField(default=1)
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        """Shared by the three tables."""

        abstract = True
        ordering = ("position",)


class FirmRow(Row):
    """A firm; ``revision`` counts the changes of anything that belongs to it."""

    entity = "firm"
    code = models.CharField(max_length=500)
    name = models.CharField(max_length=500)
    industry = models.CharField(max_length=10)
    revision = models.PositiveBigIntegerField(default=0)

    class Meta(Row.Meta):
        """One row a key."""

        constraints = (models.UniqueConstraint(fields=("park", "key"), name="one_firm"),)

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class ProcessRow(Row):
    """A process of a firm."""

    entity = "process"
    firm = models.ForeignKey(FirmRow, on_delete=models.CASCADE, related_name="processes")
    code = models.CharField(max_length=500)

    class Meta(Row.Meta):
        """One row a key."""

        constraints = (models.UniqueConstraint(fields=("park", "key"), name="one_process"),)


class FlowRow(Row):
    """A flow of a firm."""

    entity = "flow"
    firm = models.ForeignKey(FirmRow, on_delete=models.CASCADE, related_name="flows")
    process = models.CharField(max_length=500, blank=True)
    direction = models.CharField(max_length=10)
    role = models.CharField(max_length=30)
    material = models.CharField(max_length=500)
    year = models.PositiveSmallIntegerField()
    quality = models.CharField(max_length=20)
    partner = models.CharField(max_length=500, blank=True)

    class Meta(Row.Meta):
        """One row a key; tables are read by year and by firm."""

        constraints = (models.UniqueConstraint(fields=("park", "key"), name="one_flow"),)
        indexes = (
            models.Index(fields=("park", "year")), models.Index(fields=("park", "position")),
            models.Index(fields=("park", "firm", "position")),
        )  # fmt: skip


class Membership(models.Model):
    """What a person is to a park; in the role of a firm, which firm they speak for."""

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)
    firm = models.ForeignKey(FirmRow, on_delete=models.CASCADE, null=True, blank=True, related_name="memberships")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        """A role once; the role of a firm has a firm, the others have none."""

        constraints = (
            models.UniqueConstraint(fields=("park", "user", "role", "firm"), name="one_membership"),
            models.UniqueConstraint(fields=("park", "user", "role"), condition=models.Q(firm=None), name="one_role"),
            models.CheckConstraint(
                condition=models.Q(role="firm", firm__isnull=False) | (~models.Q(role="firm") & models.Q(firm=None)),
                name="firm_of_membership",
            ),
        )


class Change(models.Model):
    """One change of a row, as :class:`lichen.inventory.store.Change` says it, with when, by whom and from where.

    ``author`` is who did it as the file says that the line came in with, a name and no account; ``None``: done here.
    """

    park = models.ForeignKey(Park, on_delete=models.PROTECT, related_name="+")
    time = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    author = models.CharField(max_length=150, null=True, blank=True)  # none and empty are two things
    file = models.CharField(max_length=500)
    entity = models.CharField(max_length=10)
    firm = models.CharField(max_length=500)
    row = models.TextField()
    row_id = models.BigIntegerField(null=True)
    what = models.CharField(max_length=10)
    field = models.CharField(max_length=60, blank=True)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)

    class Meta:
        """Oldest first, as they came."""

        ordering = ("id",)
        indexes = (models.Index(fields=("park", "entity", "row_id")),)


class Audit(models.Model):
    """One thing that somebody did: who, when, to which park, what."""

    park = models.ForeignKey(Park, on_delete=models.PROTECT, null=True, related_name="+")
    time = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    action = models.CharField(max_length=40)
    about = models.TextField(blank=True)

    class Meta:
        """Newest first."""

        ordering = ("-id",)


class StudyFile(models.Model):
    """A file of a park's study beside its inventory: ``study.toml``, tables, exchanges."""

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="files")
    path = models.CharField(max_length=300)
    content = models.BinaryField()

    class Meta:
        """A path once."""

        constraints = (models.UniqueConstraint(fields=("park", "path"), name="one_file"),)
        ordering = ("path",)


class Upload(models.Model):
    """A survey that was sent and waits for a yes; ``seen`` holds the revisions of the firms it was compared with."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="uploads")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=200)
    content = models.BinaryField()
    seen = models.JSONField(default=dict)
    created = models.DateTimeField(auto_now_add=True)


class JobState(models.TextChoices):
    """Where a job is; one that was running when its worker died is interrupted, and can be run again."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


class Job(models.Model):
    """Long work on a park, done by a worker; the table is the queue; ``revision`` is the park's that it is of."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="jobs")
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    about = models.CharField(max_length=64)
    quick = models.BooleanField(default=False)
    state = models.CharField(max_length=12, choices=JobState.choices, default=JobState.WAITING)
    created = models.DateTimeField(auto_now_add=True)
    started = models.DateTimeField(null=True)
    ended = models.DateTimeField(null=True)
    worker = models.CharField(max_length=40, blank=True)
    beat = models.DateTimeField(null=True)
    stop = models.BooleanField(default=False)
    share = models.FloatField(default=0.0)
    step = models.CharField(max_length=60, blank=True)
    revision = models.PositiveBigIntegerField(null=True)
    result = models.JSONField(null=True)
    problems = models.JSONField(default=list)

    class Meta:
        """Newest first."""

        ordering = ("-created", "id")
        indexes = (
            models.Index(fields=("state", "created"), name="job_queue"),
            models.Index(fields=("park", "about", "-ended"), name="job_results"),
        )

    @property
    def open(self) -> bool:
        """Whether it is still to come or under way."""
        return self.state in (JobState.WAITING, JobState.RUNNING)

    @property
    def again(self) -> bool:
        """Whether it ended without a result, so that it can be run again."""
        return self.state in (JobState.FAILED, JobState.CANCELLED, JobState.INTERRUPTED)


class JobFile(models.Model):
    """A file that a job made."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=120)
    content = models.BinaryField()

    class Meta:
        """A name once."""

        constraints = (models.UniqueConstraint(fields=("job", "name"), name="one_job_file"),)
        ordering = ("name",)


class Opportunity(models.Model):
    """Something that two firms could do, as discovery names it: the handle that consents and addresses refer to.

    What is found of it stands in the last job's result. No donor or receiver: the city.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="opportunities")
    key = models.CharField(max_length=64)
    donor = models.ForeignKey(FirmRow, on_delete=models.CASCADE, null=True, related_name="+")
    receiver = models.ForeignKey(FirmRow, on_delete=models.CASCADE, null=True, related_name="+")

    class Meta:
        """A key once."""

        constraints = (models.UniqueConstraint(fields=("park", "key"), name="one_opportunity"),)


CLASSES, NAMES, DETAILS = 1, 2, 3
"""Steps of consent: class, quantity band and distance band; names; composition and price."""


class Consent(models.Model):
    """That a firm lets the other side of an opportunity see more: from when to when, by whom."""

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="+")
    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="consents")
    firm = models.ForeignKey(FirmRow, on_delete=models.CASCADE, related_name="+")
    step = models.PositiveSmallIntegerField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    given = models.DateTimeField(auto_now_add=True)
    ended = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        """One at a time; names, or also composition and price."""

        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("opportunity", "firm"), condition=models.Q(ended=None), name="one_consent_at_a_time"
            ),
            models.CheckConstraint(condition=models.Q(step__in=(2, 3)), name="step_of_consent"),
        )


# tables of other modules, so that Django knows them as soon as it knows these
import lichen.web.followed_models  # noqa: E402
import lichen.web.run_models  # noqa: E402, F401
