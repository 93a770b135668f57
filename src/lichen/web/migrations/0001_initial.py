import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import lichen.web.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Park",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=60, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("name_zh", models.CharField(blank=True, max_length=200)),
                ("revision", models.PositiveBigIntegerField(default=0)),
                ("created", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                ("date_joined", models.DateTimeField(default=django.utils.timezone.now, verbose_name="date joined")),
                ("email", models.EmailField(max_length=254, unique=True)),
                ("name", models.CharField(blank=True, max_length=150)),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "user",
                "verbose_name_plural": "users",
                "abstract": False,
            },
            managers=[
                ("objects", lichen.web.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name="FirmRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=64)),
                ("values", models.JSONField()),
                ("position", models.PositiveBigIntegerField()),
                ("version", models.PositiveBigIntegerField(default=1)),
                ("changed", models.DateTimeField(auto_now=True)),
                ("code", models.CharField(max_length=500)),
                ("name", models.CharField(max_length=500)),
                ("industry", models.CharField(max_length=10)),
                ("revision", models.PositiveBigIntegerField(default=0)),
                (
                    "park",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="web.park"),
                ),
            ],
            options={
                "ordering": ("position",),
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Change",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("time", models.DateTimeField()),
                ("file", models.CharField(max_length=500)),
                ("entity", models.CharField(max_length=10)),
                ("firm", models.CharField(max_length=500)),
                ("row", models.TextField()),
                ("row_id", models.BigIntegerField(null=True)),
                ("what", models.CharField(max_length=10)),
                ("field", models.CharField(blank=True, max_length=60)),
                ("before", models.TextField(blank=True)),
                ("after", models.TextField(blank=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "park",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="web.park"),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Audit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("time", models.DateTimeField(auto_now_add=True)),
                ("action", models.CharField(max_length=40)),
                ("about", models.TextField(blank=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "park",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="web.park"
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="ProcessRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=64)),
                ("values", models.JSONField()),
                ("position", models.PositiveBigIntegerField()),
                ("version", models.PositiveBigIntegerField(default=1)),
                ("changed", models.DateTimeField(auto_now=True)),
                ("code", models.CharField(max_length=500)),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="processes", to="web.firmrow"
                    ),
                ),
                (
                    "park",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="web.park"),
                ),
            ],
            options={
                "ordering": ("position",),
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="StudyFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("path", models.CharField(max_length=300)),
                ("content", models.BinaryField()),
                (
                    "park",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="files", to="web.park"),
                ),
            ],
            options={
                "ordering": ("path",),
            },
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200)),
                ("content", models.BinaryField()),
                ("seen", models.JSONField(default=dict)),
                ("created", models.DateTimeField(auto_now_add=True)),
                (
                    "park",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="uploads", to="web.park"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="uploads", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("firm", "Firm"),
                            ("facilitator", "Facilitator"),
                            ("administrator", "Administrator"),
                            ("auditor", "Auditor"),
                        ],
                        max_length=20,
                    ),
                ),
                ("created", models.DateTimeField(auto_now_add=True)),
                (
                    "firm",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="web.firmrow",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "park",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="web.park"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("park", "user", "role", "firm"), name="one_membership"),
                    models.UniqueConstraint(
                        condition=models.Q(("firm", None)), fields=("park", "user", "role"), name="one_role"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("firm__isnull", False), ("role", "firm")),
                            models.Q(models.Q(("role", "firm"), _negated=True), ("firm", None)),
                            _connector="OR",
                        ),
                        name="firm_of_membership",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FlowRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=64)),
                ("values", models.JSONField()),
                ("position", models.PositiveBigIntegerField()),
                ("version", models.PositiveBigIntegerField(default=1)),
                ("changed", models.DateTimeField(auto_now=True)),
                ("process", models.CharField(blank=True, max_length=500)),
                ("direction", models.CharField(max_length=10)),
                ("role", models.CharField(max_length=30)),
                ("material", models.CharField(max_length=500)),
                ("year", models.PositiveSmallIntegerField()),
                ("quality", models.CharField(max_length=20)),
                ("partner", models.CharField(blank=True, max_length=500)),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="flows", to="web.firmrow"
                    ),
                ),
                (
                    "park",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="web.park"),
                ),
            ],
            options={
                "ordering": ("position",),
                "abstract": False,
                "indexes": [
                    models.Index(fields=["park", "year"], name="web_flowrow_park_id_42ce82_idx"),
                    models.Index(fields=["park", "position"], name="web_flowrow_park_id_9c99a2_idx"),
                ],
                "constraints": [models.UniqueConstraint(fields=("park", "key"), name="one_flow")],
            },
        ),
        migrations.AddConstraint(
            model_name="firmrow",
            constraint=models.UniqueConstraint(fields=("park", "key"), name="one_firm"),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(fields=["park", "entity", "row_id"], name="web_change_park_id_c59cc0_idx"),
        ),
        migrations.AddConstraint(
            model_name="processrow",
            constraint=models.UniqueConstraint(fields=("park", "key"), name="one_process"),
        ),
        migrations.AddConstraint(
            model_name="studyfile",
            constraint=models.UniqueConstraint(fields=("park", "path"), name="one_file"),
        ),
    ]
