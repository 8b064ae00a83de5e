"""`bjobs -o "field field:width delimiter='^'"`, plain and as JSON, as LSF 10.1 prints them."""

import json
import re
from dataclasses import dataclass

from lsf_agent.embedded.dialect import FIELDS_LACK, Dialect
from lsf_agent.embedded.jobs import Job
from lsf_agent.embedded.options import RefusedError
from lsf_agent.embedded.selection import pending_reason
from lsf_agent.embedded.texts import one_line, short_time, shown_limit, shown_memory
from lsf_agent.embedded.view import View

WIDTHS = {
    "jobid": 7,
    "jobindex": 8,
    "stat": 5,
    "user": 7,
    "queue": 10,
    "job_name": 10,
    "proj_name": 11,
    "command": 15,
    "from_host": 11,
    "first_host": 11,
    "exec_host": 11,
    "nexec_host": 10,
    "slots": 5,
    "submit_time": 15,
    "start_time": 15,
    "finish_time": 16,
    "specified_start_time": 20,
    "run_time": 15,
    "cpu_used": 10,
    "max_mem": 10,
    "memlimit": 10,
    "runtimelimit": 12,
    "dependency": 15,
    "exit_code": 10,
    "exit_reason": 50,
    "pend_reason": 11,
    "sub_cwd": 10,
    "exec_cwd": 10,
    "input_file": 10,
    "output_file": 10,
    "error_file": 10,
    "pids": 20,
}
"""Known fields and the widths that LSF recommends for them."""
ALIASES = {"id": "jobid", "name": "job_name", "proj": "proj_name", "project": "proj_name", "cmd": "command"}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One field and how wide it is shown; None: as wide as it is."""

    name: str
    width: int | None
    right: bool


@dataclass(frozen=True, kw_only=True)
class Format:
    """What -o asked for."""

    columns: tuple[Column, ...]
    delimiter: str | None


class BadFieldError(Exception):
    """An unknown field: the whole command fails with exit code 99, as LSF's does."""


def parse(text: str, dialect: Dialect) -> Format:
    """Raises BadFieldError or RefusedError."""
    delimiter = None
    match = re.search(r"""delimiter=(['"])(.*?)\1|delimiter=(\S+)""", text)
    if match and not dialect.descends:
        delimiter = match[2] if match[2] is not None else match[3]
        text = text[: match.start()] + text[match.end() :]
        if len(delimiter) != 1:
            raise RefusedError("The delimiter in the format string must be a single character.")
    columns: list[Column] = []
    for word in text.split():
        name, colon, width = word.lower().partition(":")
        name = ALIASES.get(name, name)
        if name == "all":
            known = [each for each in WIDTHS if each not in FIELDS_LACK[dialect]]
            columns += [Column(name=each, width=None, right=False) for each in known]
            continue
        if name not in WIDTHS or name in FIELDS_LACK[dialect] or not re.fullmatch(r"-?[0-9]{0,4}", width):
            raise BadFieldError(f"<{word.upper()}> in the format string is not a valid field name.")
        digits = width.removeprefix("-")
        wide = (int(digits) if digits else WIDTHS[name]) if colon else None
        columns.append(Column(name=name, width=wide, right=width.startswith("-")))
    if not columns:
        raise RefusedError("The format string is empty.")
    return Format(columns=tuple(columns), delimiter=delimiter)


def table(wanted: Format, jobs: list[Job], view: View, header: bool) -> str:
    """One line for each job; a missing value is `-`."""
    rows = [[value(column.name, job, view) or "-" for column in wanted.columns] for job in jobs]
    if header:
        rows.insert(0, [column.name.upper() for column in wanted.columns])
    if wanted.delimiter is not None:
        return "".join(wanted.delimiter.join(row) + "\n" for row in rows)
    shown = [[_fit(cell, column) for cell, column in zip(row, wanted.columns, strict=True)] for row in rows]
    return "".join(" ".join(row) + "\n" for row in shown)


def as_json(wanted: Format, found: list[Job | str], view: View) -> str:
    """Jobs, and ids that are not known, in LSF's layout; a missing value is the empty text, or `-`."""
    strange = view.standing.dialect.descends
    records = []
    for job in found:
        if isinstance(job, str):
            records.append({"JOBID": job, "ERROR": f"Job <{job}> is not found"})
        else:
            missing = "-" if strange else ""
            records.append({each.name.upper(): value(each.name, job, view) or missing for each in wanted.columns})
    return _with_tabs(records) if strange else _with_blanks(records)


def _with_blanks(records: list[dict[str, str]]) -> str:
    told = []
    for record in records:
        lines = ",\n".join(f"      {_quoted(name)}:{_quoted(text)}" for name, text in record.items())
        told.append(f"    {{\n{lines}\n    }}")
    body = ",\n".join(told)
    return f'{{\n  "COMMAND":"bjobs",\n  "JOBS":{len(records)},\n  "RECORDS":[\n{body}\n  ]\n}}\n'


def _with_tabs(records: list[dict[str, str]]) -> str:
    """As the open descendants print it."""
    told = []
    for record in records:
        lines = ",\n".join(f"\t\t\t{_quoted(name)}:\t{_quoted(text)}" for name, text in record.items())
        told.append(f"{{\n{lines}\n\t\t}}")
    body = ", ".join(told)
    return f'{{\n\t"COMMAND":\t"bjobs",\n\t"JOBS":\t{len(records)},\n\t"RECORDS":\t[{body}]\n}}\n'


def value(name: str, job: Job, view: View) -> str:
    """What a field shows; empty when there is nothing to show."""
    submission = job.submission
    host = submission.host if job.started_at else ""
    pid = view.pid(job.key) if job.started_at and not job.finished else None
    memory = view.memory(job)
    begin = submission.begin_at
    values: dict[str, object] = {
        "jobid": job.id,
        "jobindex": job.index,
        "stat": job.status,
        "user": submission.user,
        "queue": submission.queue,
        "job_name": one_line(job.name),
        "proj_name": submission.project,
        "command": one_line(submission.command),
        "from_host": submission.host,
        "first_host": host,
        "exec_host": host,
        "nexec_host": 1 if host else "",
        "slots": submission.slots,
        "submit_time": short_time(job.submitted_at),
        "start_time": short_time(job.started_at) if job.started_at else "",
        "finish_time": f"{short_time(job.ended_at)} L" if job.ended_at else "",
        "specified_start_time": short_time(begin) if begin else "",
        "run_time": f"{job.seconds(job.status.RUN, view.now):.0f} second(s)",
        "cpu_used": f"{job.cpu:.1f} second(s)" if job.finished else "",
        "max_mem": shown_memory(memory) if memory else "",
        "memlimit": shown_limit(submission.memory_limit) if submission.memory_limit else "",
        "runtimelimit": f"{submission.run_limit:.1f}" if submission.run_limit else "",
        "dependency": submission.after,
        "exit_code": job.exit if job.exit else "",
        "exit_reason": job.reason or "",
        "pend_reason": _reason(job, view),
        "sub_cwd": submission.cwd,
        "exec_cwd": submission.cwd if host else "",
        "input_file": submission.stdin or "",
        "output_file": submission.out or "",
        "error_file": submission.err or "",
        "pids": pid or "",
    }
    return str(values[name])


def _reason(job: Job, view: View) -> str:
    reason = pending_reason(job, view.book, view.now, view.config)
    return f"{reason};" if reason else ""


def _fit(cell: str, column: Column) -> str:
    if column.width is None:
        return cell
    if len(cell) > column.width:
        keeps_tail = column.name == "job_name" and column.width
        cell = f"*{cell[len(cell) - column.width + 1 :]}" if keeps_tail else cell[: column.width]
    return cell.rjust(column.width) if column.right else cell.ljust(column.width)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
