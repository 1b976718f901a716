"""The two machine accounts, and the identity of this database."""

from django.contrib.auth.hashers import make_password
from django.db import migrations
from django.utils import timezone


def make(apps, schema_editor):
    at = timezone.now()
    User = apps.get_model("core", "User")
    for username, name in (("system", "系统"), ("system-2", "系统二")):
        User.objects.get_or_create(
            username=username,
            defaults={"name": name, "kind": "machine", "password": make_password(None), "created_at": at},
        )
    Installation = apps.get_model("core", "Installation")
    if not Installation.objects.exists():
        Installation.objects.create(created_at=at)


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
