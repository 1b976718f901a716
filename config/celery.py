"""The Celery application; tasks carry a job's id and nothing else."""

import os
import sys

from celery import Celery, bootsteps

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("wuhao")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["core"])
# The current application is a matter of the thread: without a default one, a web server's threads would ring a
# broker that nobody configured.
app.set_default()


class ProbeStep(bootsteps.StartStopStep):
    """Refuse to start a worker that could not set Chinese type, warm it for its children, ring for what lies waiting."""

    def __init__(self, parent: object, **kwargs: object) -> None:
        # Here and not in start(): all steps are made before the first one, the pool, forks.
        from core import pdf

        try:
            pdf.warm()
        except pdf.PdfFault as fault:
            print(fault, file=sys.stderr)
            raise SystemExit(1) from None
        super().__init__(parent, **kwargs)

    def start(self, parent: object) -> None:
        """Ring for what lay waiting while no worker was there."""
        from django.db import connections

        from core import jobs

        jobs.sweep()
        connections.close_all()


app.steps["worker"].add(ProbeStep)
