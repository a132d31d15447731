"""The only access to company files: raw quarters in, parquet tables out, each with its manifest."""

from csatlib.store.archive import archive
from csatlib.store.backup import backup, restore, verify
from csatlib.store.closed_loop import action_steps, actions, cases, followup_log, rechecks
from csatlib.store.copies import export_register
from csatlib.store.database import connect
from csatlib.store.disk import atomic, digest, flush_folder
from csatlib.store.forget import Forgetting, Removal, forget, forgetting
from csatlib.store.hand_coding import hand_coded
from csatlib.store.kept import Kept, backups
from csatlib.store.keys import (
    KEY_VARIABLE,
    check_key,
    key_file,
    new_key,
    pseudonym_key,
)
from csatlib.store.loop_entries import Entered, add_actions, add_cases, add_followups
from csatlib.store.loop_tables import personal_cells, register_file
from csatlib.store.merging import CellChange, Merged, merge_register
from csatlib.store.places import (
    ROOT_VARIABLE,
    STAGE_VARIABLE,
    StoreError,
    cache,
    earlier_raw,
    indicators,
    lines,
    loose_modes,
    project_root,
    raw,
    reports_folder,
    study,
    tables_folder,
)
from csatlib.store.proofs import proofs
from csatlib.store.quote_register import QuoteTally, add_quotes, quote_register, quote_reviews
from csatlib.store.retention import Expired, expire, expired
from csatlib.store.tables import (
    history,
    manifest,
    read,
    write,
    write_manifest,
)
from csatlib.store.terms import TermDecision, accepted_terms, decide_terms, term_decisions
from csatlib.store.tombstones import forgotten, refuse_forgotten, without_forgotten

__all__ = [
    "KEY_VARIABLE",
    "ROOT_VARIABLE",
    "STAGE_VARIABLE",
    "CellChange",
    "Entered",
    "Expired",
    "Forgetting",
    "Kept",
    "Merged",
    "QuoteTally",
    "Removal",
    "StoreError",
    "TermDecision",
    "accepted_terms",
    "action_steps",
    "actions",
    "add_actions",
    "add_cases",
    "add_followups",
    "add_quotes",
    "archive",
    "atomic",
    "backup",
    "backups",
    "cache",
    "cases",
    "check_key",
    "connect",
    "decide_terms",
    "digest",
    "earlier_raw",
    "expire",
    "expired",
    "export_register",
    "flush_folder",
    "followup_log",
    "forget",
    "forgetting",
    "forgotten",
    "hand_coded",
    "history",
    "indicators",
    "key_file",
    "lines",
    "loose_modes",
    "manifest",
    "merge_register",
    "new_key",
    "personal_cells",
    "project_root",
    "proofs",
    "pseudonym_key",
    "quote_register",
    "quote_reviews",
    "raw",
    "read",
    "rechecks",
    "refuse_forgotten",
    "register_file",
    "reports_folder",
    "restore",
    "study",
    "tables_folder",
    "term_decisions",
    "verify",
    "without_forgotten",
    "write",
    "write_manifest",
]
