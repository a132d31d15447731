"""From raw answers to trustworthy responses; every exclusion has a reason before it leaves."""

from csatlib.clean.frame import attach, sampling_frame, table_of, twin_differences
from csatlib.clean.indicators import indicator_rows
from csatlib.clean.ledger import ledger_of_texts, relabel
from csatlib.clean.lists import fieldwork_tables, set_aside
from csatlib.clean.personal import all_ids, known_names, personal, roster
from csatlib.clean.replay import replay
from csatlib.clean.responses import Cleaned, intake, responses
from csatlib.clean.rules import REASONS
from csatlib.clean.sensitivity import sensitivity
from csatlib.clean.training import training_records

__all__ = [
    "REASONS",
    "Cleaned",
    "all_ids",
    "attach",
    "fieldwork_tables",
    "indicator_rows",
    "intake",
    "known_names",
    "ledger_of_texts",
    "personal",
    "relabel",
    "replay",
    "responses",
    "roster",
    "sampling_frame",
    "sensitivity",
    "set_aside",
    "table_of",
    "training_records",
    "twin_differences",
]
