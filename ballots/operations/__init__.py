"""Verbs that write ballots: drafting, announcing, the roll, papers, entries, counting, certifying."""
