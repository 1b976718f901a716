"""The ballots of a compound: drafted, announced, issued, counted, certified."""
