"""The only access to company files: raw quarters in, parquet tables out, each with its manifest."""

from csatlib.store.disk import atomic, digest, flush_folder
from csatlib.store.places import (
    ROOT_VARIABLE,
    STAGE_VARIABLE,
    StoreError,
    project_root,
    raw,
    reports_folder,
    study,
    tables_folder,
)
from csatlib.store.tables import history, manifest, read, write, write_manifest

__all__ = [
    "ROOT_VARIABLE",
    "STAGE_VARIABLE",
    "StoreError",
    "atomic",
    "digest",
    "flush_folder",
    "history",
    "manifest",
    "project_root",
    "raw",
    "read",
    "reports_folder",
    "study",
    "tables_folder",
    "write",
    "write_manifest",
]
