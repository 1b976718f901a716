"""The eight steps and 长效运行: which compounds have reached which, what each still lacks, who moves it on (Q4)."""

from portal.stages.ladder import PublicProgress, Rung, ladder, line_of, present_of, proposed, public_progress
from portal.stages.requirements import (
    IN_OPERATION,
    INELIGIBLE,
    STEPS,
    Requirement,
    Step,
    Verdict,
    judge,
    judge_one,
    step_numbered,
)
from portal.stages.standing import LIGHTS, Light, Standing, standing

__all__ = [
    "INELIGIBLE",
    "IN_OPERATION",
    "LIGHTS",
    "STEPS",
    "Light",
    "PublicProgress",
    "Requirement",
    "Rung",
    "Standing",
    "Step",
    "Verdict",
    "judge",
    "judge_one",
    "ladder",
    "line_of",
    "present_of",
    "proposed",
    "public_progress",
    "standing",
    "step_numbered",
]
