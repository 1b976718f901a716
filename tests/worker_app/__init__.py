"""An app with nothing but tasks, installed only by the tests of the jobs."""
