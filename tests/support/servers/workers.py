"""The worker processes of a running server."""

from pathlib import Path

from tests.support.servers.server import Server


def written_by_workers(server: Server) -> dict[str, int]:
    """The bytes that each worker process has written so far: every request writes at least an answer."""
    main = server.process.pid
    workers = Path(f"/proc/{main}/task/{main}/children").read_text().split()
    fields = {worker: Path(f"/proc/{worker}/io").read_text().split() for worker in workers}
    return {worker: int(words[words.index("wchar:") + 1]) for worker, words in fields.items() if _is_worker(worker)}


def all_wrote_since(before: dict[str, int], server: Server) -> bool:
    after = written_by_workers(server)
    return all(after[worker] > before[worker] for worker in before)


def _is_worker(process_id: str) -> bool:
    """Python's own process that watches over shared resources is a child of the server too."""
    return "resource_tracker" not in Path(f"/proc/{process_id}/cmdline").read_text()
