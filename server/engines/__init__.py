"""Hearing, thinking and speaking, each behind a seam of one or two methods."""
