"""Deployed procedures: stored once, never changed, compiled once per process."""

from engine.deployments.store import Deployment, DeploymentStore, pack_files, unpack_files

__all__ = ["Deployment", "DeploymentStore", "pack_files", "unpack_files"]
