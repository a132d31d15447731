"""The company's one key: where it lies, and the keys for single purposes that are made from it."""

from __future__ import annotations

import hashlib
import hmac
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from csatlib.store.disk import PRIVATE_FILE, PRIVATE_FOLDER, flush_folder
from csatlib.store.places import StoreError
from csatlib.study import Study

if TYPE_CHECKING:
    from pyrage.x25519 import Identity

__all__ = [
    "KEY_VARIABLE",
    "check_key",
    "derived",
    "identity",
    "key_file",
    "new_key",
    "pseudonym_key",
    "vault_key",
]

#: Names the key file; without it the key lies in the user's configuration folder.
KEY_VARIABLE = "CSAT_KEY_FILE"

#: The secret of studies of invented data (``privacy.key: public_test``). Everybody can read it
#: here, so it protects nothing; it lets a fictional company's quarter give the same bytes anywhere.
PUBLIC_TEST_SECRET = b"csatlib: public test key, for invented data only"

_NOTE = """\
# csat 的密钥：化名、身份库和备份都靠它。丢了谁也打不开，泄露了谁都能打开。
# 请另存一份放在别处；不要放进项目文件夹，不要发给别人。
# public key: {public}
{secret}
"""


def key_file() -> Path:
    """Say where the key lies, or would lie; it need not be there.

    Returns
    -------
    Path
        What ``CSAT_KEY_FILE`` names, else ``csat/key`` in the user's configuration folder
        (``XDG_CONFIG_HOME``, ``~/.config``; on macOS ``~/Library/Application Support``).

    Examples
    --------
    >>> from unittest.mock import patch
    >>> with patch.dict(os.environ, {"CSAT_KEY_FILE": "/safe/key"}):
    ...     key_file().as_posix()
    '/safe/key'
    """
    if stated := os.environ.get(KEY_VARIABLE):
        return Path(stated).expanduser()
    if configured := os.environ.get("XDG_CONFIG_HOME"):
        return Path(configured) / "csat" / "key"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "csat" / "key"
    return Path.home() / ".config" / "csat" / "key"


def new_key() -> Path:
    """Make a key and write it where `key_file` says, readable by its owner only.

    Returns
    -------
    Path
        The key file: comment lines and one age identity (``AGE-SECRET-KEY-1…``).

    Raises
    ------
    StoreError
        If there is a key already: it is never replaced, for what was written under it would be
        lost.

    Examples
    --------
    >>> import tempfile
    >>> from unittest.mock import patch
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with patch.dict(os.environ, {"CSAT_KEY_FILE": f"{folder}/csat/key"}):
    ...         file = new_key()
    ...     oct(file.stat().st_mode & 0o777), oct(file.parent.stat().st_mode & 0o777)
    ('0o600', '0o700')
    """
    from pyrage import x25519

    file = key_file()
    made = x25519.Identity.generate()
    text = _NOTE.format(public=made.to_public(), secret=made)
    file.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    except FileExistsError:
        raise StoreError(
            f"{file}：已经有密钥，不会覆盖（换了密钥，以前的身份库和备份就打不开了）；"
            f"要用另一个密钥，请把 {KEY_VARIABLE} 指向另一个文件。"
        ) from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    flush_folder(file.parent)
    return file


def check_key() -> Path:
    """Make sure that there is a key that will do.

    Returns
    -------
    Path
        The key file.

    Raises
    ------
    StoreError
        If it is missing, cannot be read, is open to others, or holds no key; the Chinese message
        gives the remedy and never the key.

    Examples
    --------
    >>> import tempfile
    >>> from unittest.mock import patch
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with patch.dict(os.environ, {"CSAT_KEY_FILE": f"{folder}/key"}):
    ...         new_key() == check_key()
    True
    """
    identity()
    return key_file()


def pseudonym_key(study: Study) -> bytes | None:
    """Give the key under which a study's ids become pseudonyms; None if it keeps no link at all.

    Parameters
    ----------
    study : Study
        Its ``privacy.key`` is ``own``, or ``public_test`` for invented data.

    Returns
    -------
    bytes or None
        32 bytes: HKDF-SHA256 of the key file's secret for this one purpose; None for a study
        whose ``privacy.mode`` is ``anonymous``, which needs no key.

    Raises
    ------
    StoreError
        If the key file is missing, cannot be read, is open to others, or holds no key.

    Notes
    -----
    Source: H. Krawczyk and P. Eronen, HMAC-based Extract-and-Expand Key Derivation Function
    (HKDF), RFC 5869, 2010.

    Examples
    --------
    >>> import tempfile
    >>> from unittest.mock import patch
    >>> from csatlib import store
    >>> study = store.study("ops_company")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with patch.dict(os.environ, {"CSAT_KEY_FILE": f"{folder}/key"}):
    ...         _ = new_key()
    ...         len(pseudonym_key(study)), pseudonym_key(study) == pseudonym_key(study)
    (32, True)
    """
    if study.privacy.mode == "anonymous":
        return None
    return derived(_secret(study), "pseudonyms")


def vault_key(study: Study) -> bytes:
    """Give the key of a study's encrypted tables: 32 bytes, made as in `pseudonym_key`."""
    return derived(_secret(study), "vault")


def derived(secret: bytes, purpose: str, *, salt: bytes = b"csatlib", length: int = 32) -> bytes:
    """Make a key for one purpose out of a secret: HKDF-SHA256 (RFC 5869)."""
    pseudorandom = hmac.digest(salt, secret, hashlib.sha256)
    block, made, info = b"", b"", purpose.encode("latin-1")
    for number in range(1, -(-length // 32) + 1):
        block = hmac.digest(pseudorandom, block + info + bytes([number]), hashlib.sha256)
        made += block
    return made[:length]


def identity() -> Identity:
    """Read the key file as an age identity, or say what is wrong with it."""
    file = key_file()
    remedy = f"请先执行 csat key new，或把 {KEY_VARIABLE} 指向已有的密钥"
    mended = f"请换回原来的密钥，或把 {KEY_VARIABLE} 指向它；确实没有密钥时先移走这个文件"
    try:
        mode = file.stat().st_mode
        if file.is_dir():
            raise StoreError(f"{file}：这是文件夹，不是密钥文件；{mended}。")
        if mode & 0o077:
            raise StoreError(f"{file}：别的用户也能读到密钥；请执行 chmod 600 {file}。")
        text = file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise StoreError(f"{file}：没有密钥文件；{remedy}。") from None
    except UnicodeDecodeError:
        raise StoreError(f"{file}：里面不是密钥；{mended}。") from None
    except OSError as error:
        raise StoreError(
            f"{file}：读不了密钥文件（{error.strerror}）；请检查它的权限和所有者。"
        ) from None
    return _parsed(text, file, mended)


def _parsed(text: str, file: Path, remedy: str) -> Any:
    from pyrage import IdentityError, x25519

    lines = [line.strip() for line in text.splitlines()]
    keys = [line for line in lines if line and not line.startswith("#")]
    if len(keys) != 1:
        raise StoreError(f"{file}：应有且只有一行密钥，现在有 {len(keys)} 行；{remedy}。")
    try:
        return x25519.Identity.from_str(keys[0])
    except IdentityError:
        # Without the cause: its message may repeat what stands in the file.
        raise StoreError(f"{file}：里面不是密钥（AGE-SECRET-KEY-1…）；{remedy}。") from None


def _secret(study: Study) -> bytes:
    if study.privacy.key == "public_test":
        return PUBLIC_TEST_SECRET
    return str(identity()).encode("ascii")
