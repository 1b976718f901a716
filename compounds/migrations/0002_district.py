"""The district that this installation serves, from DISTRICT_CODE and DISTRICT_NAME."""

from django.conf import settings
from django.db import migrations


def make(apps, schema_editor):
    Area = apps.get_model("compounds", "Area")
    Area.objects.get_or_create(
        code=settings.DISTRICT_CODE, defaults={"name": settings.DISTRICT_NAME, "level": "district"}
    )


class Migration(migrations.Migration):
    dependencies = [("compounds", "0001_initial")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
