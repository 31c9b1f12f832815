"""The web: turns HTTP into commands and queries, and nothing else."""

from webapp.application import create_app

__all__ = ["create_app"]
