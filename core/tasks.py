"""What Celery may be told: a job's id, and to look around."""

from celery import shared_task
from django.utils import timezone

from core import jobs


@shared_task
def run_job(job_id: int) -> None:
    """Run the job, unless another worker has it or it is over."""
    jobs.run(job_id)


@shared_task
def sweep() -> None:
    """Ring again for what lies waiting, and start what the schedule says is due."""
    jobs.sweep()
    jobs.tick(timezone.now())
