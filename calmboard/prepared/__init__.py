"""Statements that are built once and read by the driver itself: SQLAlchemy's execution costs several times the query."""

from calmboard.prepared.bound_lists import bound_list, is_one_of
from calmboard.prepared.reads import prepared_reads
from calmboard.prepared.statements import Prepared, Readable, Reads
from calmboard.prepared.writes import insert_many, insert_row

__all__ = ["Prepared", "Readable", "Reads", "bound_list", "insert_many", "insert_row", "is_one_of", "prepared_reads"]
