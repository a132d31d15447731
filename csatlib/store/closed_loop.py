"""What people filled in of measures, opinions and cases, as tables."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pandas as pd

from csatlib.store.loop_forms import ACTIONS, CASES, FOLLOWUPS
from csatlib.store.loop_tables import table_of

__all__ = ["action_steps", "actions", "cases", "followup_log", "rechecks"]


def actions(
    line: str, root: str | os.PathLike[str] | None = None, *, owners: Sequence[str] = ()
) -> pd.DataFrame:
    """Read the measures of a business line.

    Parameters
    ----------
    line : str
        The business line.
    root : path, optional
        The project's folder, as for `project_root`.
    owners : sequence of str
        Who may own a measure or help with it, such as ``study.actions.owners``; without it every
        name passes.

    Returns
    -------
    DataFrame
        Table ``actions`` in the order of the sheet: ``action_id``, ``line``, ``quarter``,
        ``item``, ``theme``, ``stage``, ``problem``, ``evidence``, ``scope``, ``measure``,
        ``owner``, ``helpers``, ``depends``, ``horizon``, ``metric``, ``unit``, ``baseline``,
        ``target``, ``started_on``, ``due``, ``done_on``, ``status``, ``ability``, ``resources``,
        ``expected``, ``proof`` and ``note``. Personal data in sentences is replaced by its kind;
        `personal_cells` tells where. No rows without a register.

    Raises
    ------
    StoreError
        If anything in the workbook is not as its column promises: formulas, merged cells, dates
        and numbers that are none, unknown words, several or unknown owners, an owner who helps,
        measures that wait for each other, repeated or missing ids, progress and rechecks of
        measures that do not exist. The Chinese message names file, sheet and cell of each fault.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     len(actions("shop", root))
    0
    """
    return table_of(ACTIONS, "actions", line, root, owners)


def action_steps(line: str, root: str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """Read what is told of measures on their way: milestones, progress, trials.

    Parameters
    ----------
    line, root
        As for `actions`.

    Returns
    -------
    DataFrame
        Table ``action_steps`` in the order of the sheet: ``action_id``, ``kind``,
        ``planned_on``, ``happened_on``, ``done_share`` (0 to 1), ``text``, ``reported_by`` and
        ``proof``. No rows without a register.

    Raises
    ------
    StoreError
        As for `actions`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     len(action_steps("shop", root))
    0
    """
    return table_of(ACTIONS, "action_steps", line, root)


def rechecks(line: str, root: str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """Read what customers said when they were asked again after a measure.

    Parameters
    ----------
    line, root
        As for `actions`.

    Returns
    -------
    DataFrame
        Table ``rechecks`` in the order of the sheet: ``action_id``, ``customer_id``,
        ``asked_on``, ``score`` (1 to 5), ``comment``, ``improving``, ``orders`` and ``note``.
        Customers bear the pseudonyms of the other tables, whether their number or the pseudonym
        was typed; in a study that keeps no link they are counted ``R00001`` onwards. No rows
        without a register.

    Raises
    ------
    StoreError
        As for `actions`; also if the key of the pseudonyms is missing, or two rows tell of the
        same customer on the same day.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     len(rechecks("shop", root))
    0
    """
    return table_of(ACTIONS, "rechecks", line, root)


def followup_log(line: str, root: str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """Read how the opinions of a business line are followed up.

    Parameters
    ----------
    line, root
        As for `actions`.

    Returns
    -------
    DataFrame
        Table ``followups`` in the order of the sheet, one row an opinion: ``followup_id``,
        ``quarter``, ``line``, ``comment_id`` and ``response_id`` (where the words stand in the
        raw files), ``customer_id`` (a pseudonym), ``group``, ``channel``, ``score``, ``themes``,
        ``polarity``, ``text``, ``received_on``, ``contact_due``, ``due``, ``owner``,
        ``supervisor``, ``state`` (``new``, ``contacted``, ``under_way``, ``closed``, ``beyond`` or
        ``unreachable``), ``contacted_on``, ``corrective``, ``preventive``, ``explanation``,
        ``closed_on``, ``checked_by``, ``checked_on``, ``action_id`` (the measure that answers it)
        and ``note``. Personal data in sentences is replaced by its kind. No rows without a
        register.

    Raises
    ------
    StoreError
        As for `actions`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     len(followup_log("shop", root))
    0
    """
    return table_of(FOLLOWUPS, "followups", line, root)


def cases(line: str, root: str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """Read the cases of a business line: measures that worked, for whoever has the problem next.

    Parameters
    ----------
    line, root
        As for `actions`.

    Returns
    -------
    DataFrame
        Table ``cases`` in the order of the sheet: ``case_id``, ``line``, ``quarter``,
        ``action_id``, ``item``, ``theme``, ``scope`` (missing where the sheet has no such
        column), ``problem``, ``measure``, ``verdict``, ``why``, ``metric``, ``unit``,
        ``estimate``, ``ci_low``, ``ci_high`` and ``note``. No rows without a register.

    Raises
    ------
    StoreError
        As for `actions`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     len(cases("shop", root))
    0
    """
    return table_of(CASES, "cases", line, root)
