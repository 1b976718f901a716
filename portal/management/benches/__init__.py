"""The product's own measurements (quality.md, T): each compares two things in one run and says whether the bar holds."""
