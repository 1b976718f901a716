"""The web process: checks that Chinese type can be set, and without a broker runs the jobs itself."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()


def _start() -> None:
    from django.conf import settings

    from core import jobs, pdf

    try:
        pdf.probe()
    except pdf.PdfFault as fault:
        raise SystemExit(str(fault)) from None
    if not settings.REDIS_URL:
        jobs.start_embedded_worker()


_start()
