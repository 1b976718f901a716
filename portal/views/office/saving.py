"""One way to save what several people keep: whoever comes second sees what the first did, and keeps what they typed."""

from __future__ import annotations

from collections.abc import Callable

from django.db import models

from compounds.forms.places import VersionForm
from compounds.operations import ChangedMeanwhile, NameTaken
from portal.views.office.words import changed_meanwhile


def saved(form: VersionForm, row: models.Model, save: Callable[[], object], field: str = "", taken: str = "") -> bool:
    """Save or take away a row, and return whether that was done; else the form says why.

    Whoever comes second is told what the first did; ``taken`` is said at ``field`` where another bears the name.
    """
    try:
        save()
    except ChangedMeanwhile as problem:
        form.is_valid()
        found = type(row)._default_manager.filter(pk=row.pk).values_list("version", flat=True).first()
        form.show_version(found or 0)
        form.add_error(None, changed_meanwhile(problem))
    except NameTaken:
        form.add_error(field, taken)
    else:
        return True
    return False
