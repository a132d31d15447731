"""Tables that nobody reads without the key: encrypted parquet, its content proved by the key."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd

from csatlib.store.keys import derived
from csatlib.store.places import StoreError

__all__ = ["Vault"]

_SEAL = 32


class Vault:
    """Locks and unlocks the secret tables of one quarter and line.

    Each place has a key of its own, so a vault laid into another folder does not open. Behind the
    parquet bytes stands their HMAC: parquet's own authentication passes over some bits of the
    header and cannot tell a wrong key from a damaged file.
    """

    def __init__(self, key: bytes, quarter: str, line: str, name: str) -> None:
        self._place = f"{quarter}/{line}/{name}"
        self._content_key = derived(key, "content")
        self._page_key = derived(key, f"pages:{self._place}")
        self._seal_key = derived(key, f"seal:{self._place}")
        self.key_mark = derived(key, "mark").hex()[:16]

    def entry(self, df: pd.DataFrame) -> dict[str, Any]:
        """Describe a table for the manifest without giving away what is in it."""
        return {
            "rows": len(df),
            "columns": len(df.columns),
            "hmac_sha256": self._digest(df),
            "key": self.key_mark,
        }

    def lock(self, df: pd.DataFrame, *, before: Path) -> bytes:
        """Encrypt a table; where a file holds the same content already, give its bytes again."""
        import pyarrow as pa
        import pyarrow.parquet as pq
        from pyarrow.parquet.encryption import create_encryption_properties

        if (known := self._same(df, before)) is not None:
            return known
        stream = io.BytesIO()
        properties = create_encryption_properties(
            self._page_key, aad_prefix=self._place.encode(), store_aad_prefix=False
        )
        table = pa.Table.from_pandas(df, preserve_index=False)
        pq.write_table(table, stream, encryption_properties=properties)
        return stream.getvalue() + self._sealed(stream.getvalue())

    def unlock(self, data: bytes) -> pd.DataFrame:
        """Decrypt a table, or raise `ValueError` if a bit is not as it was written."""
        import pyarrow.parquet as pq
        from pyarrow.parquet.encryption import create_decryption_properties

        content, seal = data[:-_SEAL], data[-_SEAL:]
        if not hmac.compare_digest(seal, self._sealed(content)):
            raise ValueError("the seal does not fit")
        properties = create_decryption_properties(self._page_key, aad_prefix=self._place.encode())
        return pq.read_table(io.BytesIO(content), decryption_properties=properties).to_pandas()

    def read(self, file: Path, entry: dict[str, Any]) -> pd.DataFrame:
        """Decrypt a file that the manifest describes, or say whether key or file is wrong."""
        if entry.get("key") != self.key_mark:
            raise StoreError(
                f"{self._place}.parquet：不是用现在的密钥加密的；"
                "请换回当时的密钥，或用现在的密钥重新运行这个季度。"
            )
        quarter, line, _ = self._place.split("/")
        try:
            df = self.unlock(file.read_bytes())
        except ValueError:
            df = None
        if df is None or not hmac.compare_digest(self._digest(df), entry["hmac_sha256"]):
            raise StoreError(
                f"{self._place}.parquet：密钥没有错，内容已损坏或被改动；"
                f"请重新执行 csat run {quarter} --line {line}，或从备份恢复。"
            )
        return df

    def _same(self, df: pd.DataFrame, before: Path) -> bytes | None:
        try:
            data = before.read_bytes()
            return data if self._digest(self.unlock(data)) == self._digest(df) else None
        except (OSError, ValueError):
            return None

    def _sealed(self, content: bytes) -> bytes:
        return hmac.digest(self._seal_key, content, hashlib.sha256)

    def _digest(self, df: pd.DataFrame) -> str:
        cells = df.astype(object).where(df.notna(), None).to_numpy().tolist()
        content = json.dumps([[str(c) for c in df.columns], cells], default=str)
        return hmac.digest(self._content_key, content.encode(), hashlib.sha256).hex()
