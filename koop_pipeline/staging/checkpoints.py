"""Checkpoints of a DuckDB file that a kill or a power cut in their midst cannot spoil.

DuckDB keeps what is committed in the file and in a log beside it, and takes the log into the file at a checkpoint. It
then writes some blocks of the file's catalogue anew at the place where they are. Whoever dies in the midst of such a
block leaves a file that no longer opens, though the log has everything. So DuckDB makes no checkpoint of its own here;
before each of ours the file is copied. As long as the log is there the copy and the log are all that was committed; the
log goes last, and after it the file is whole.
"""

import os
import shutil
from pathlib import Path

import duckdb

LOG_LIMIT = 512 * 1024**2
"""Bytes that a log may grow to before it is taken into the file, in work that goes on."""


def only_ours(connection: duckdb.DuckDBPyConnection) -> None:
    """Let DuckDB make no checkpoint of its own, neither as a log grows nor when a file is closed."""
    connection.execute("SET checkpoint_threshold = '1000TB'")
    connection.execute("PRAGMA disable_checkpoint_on_shutdown")


def log_of(path: Path) -> Path:
    """The log beside a file."""
    return path.with_name(path.name + ".wal")


def copy_of(path: Path) -> Path:
    """The copy that lies beside a file while a checkpoint is made."""
    return path.with_name(path.name + ".before")


def mend(path: Path) -> None:
    """Bring a file back that a checkpoint was broken off in. Call it before the file is opened, under its lock."""
    if copy_of(path).exists():
        if log_of(path).exists():
            os.replace(copy_of(path), path)
        else:
            copy_of(path).unlink()
    _unfinished(path).unlink(missing_ok=True)


def checkpoint(connection: duckdb.DuckDBPyConnection, path: Path, *, attached: str = "", from_bytes: int = 1) -> None:
    """Take the log of the connection's file, or of an attached one, into the file, if it has at least so many bytes.

    Where there is no room for the copy and what the log brings, the log stays; the next one to open the file reads it.
    """
    log = log_of(path)
    if not log.exists() or log.stat().st_size < from_bytes:
        return
    if shutil.disk_usage(path.parent).free < path.stat().st_size + 2 * log.stat().st_size:
        return
    try:
        _unfinished(path).touch(mode=0o600)
        shutil.copyfile(path, _unfinished(path))
        shutil.copymode(path, _unfinished(path))
        _to_disk(_unfinished(path))
        os.replace(_unfinished(path), copy_of(path))
        _to_disk(path.parent)
    except OSError:
        _unfinished(path).unlink(missing_ok=True)
        copy_of(path).unlink(missing_ok=True)
        return
    try:
        connection.execute(f"CHECKPOINT {attached}")
    except duckdb.TransactionException:  # refused before anything was written; the copy would soon be an old one
        copy_of(path).unlink()
        raise
    finally:
        if not log.exists():
            copy_of(path).unlink(missing_ok=True)


def _unfinished(path: Path) -> Path:
    return path.with_name(path.name + ".copying")


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
