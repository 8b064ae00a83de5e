"""Which runs and lines a view chooses: the cases that the pages are held to, sorting, and random experiments."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from realtime.domain.errors import Invalid
from realtime.domain.status import ENDED, FAILED, PENDING, Status
from realtime.domain.values import place_of
from realtime.domain.view import View, lower, read_view
from tests.store.tables import NOW, add_experiment, add_jobs, add_run, database, index, lines

CASES = json.loads((Path(__file__).parents[1] / "filter_cases.json").read_text())


def view_of(query: str) -> View:
    """What a query says."""
    found = parse_qs(query, keep_blank_values=True)
    one = {name: values[0] for name, values in found.items()}
    return read_view(
        text=one.get("text", ""),
        runs=one.get("runs", ""),
        hashes=found.get("hash", ()),
        statuses=found.get("status", ()),
        user=one.get("user", ""),
        tags=found.get("tag", ()),
        failed=one.get("failed") == "1",
        sort=one.get("sort", ""),
        of=one.get("of", ""),
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_filter_means_the_same_as_on_the_page(case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(Invalid) as refused:
            view_of(case["query"])
        assert refused.value.field == case["error"]
        return
    view = view_of(case["query"])
    run, jobs = case["run"], [{**job, "id": f"{n}"} for n, job in enumerate(case["jobs"])]
    names = {f"{n}": job["id"] for n, job in enumerate(case["jobs"])}
    with database() as conn:
        add_experiment(conn, "e")
        facts = {name: run[name] for name in ("params", "comment", "tags")}
        add_run(conn, "e", run["number"], **facts)
        add_jobs(conn, "e", run["number"], jobs)
        found = index(conn, "e", view)
        chosen = [names[line] for line in lines(conn, "e", view, run["number"])]
    assert [number for number, *_ in found] == ([] if case["chosen"] is None else [run["number"]])
    assert sorted(chosen) == sorted(case["chosen"] or [])
    assert not found or found[0][1] == len(chosen)
    if "lines" in case:
        assert chosen == (case["lines"] or [])


def some_runs(conn: Connection) -> None:
    """Five runs that differ in everything that can be sorted by; the last has no job and no value."""
    add_experiment(conn, "e")
    params: list[dict[str, Any]] = [{"gain": 3, "x": "b"}, {"gain": "20 %"}, {"gain": "high"}, {"gain": 3.0}, {}]
    for n, one in enumerate(params, 1):
        ended = NOW + timedelta(seconds=10 * n) if n != 4 else None
        add_run(conn, "e", n, params=one, started_at=NOW - timedelta(minutes=(n * 2) % 5), ended_at=ended)
    for run, values in ((1, [5, "9 %"]), (2, ["text"]), (3, [7]), (4, [None])):
        add_jobs(
            conn,
            "e",
            run,
            [
                {
                    "id": f"{n}",
                    "number": 10 * run + n,
                    "definition": {"id": n, "name": f"h{n}"},
                    "status": "DONE",
                    "counters": [{"name": "Hits", "value": value, "color": None}],
                }
                for n, value in enumerate(values)
            ],
        )


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("", "54321"),
        ("-run", "54321"),
        ("run", "12345"),
        ("started", "24135"),
        ("-started", "53142"),
        ("length", "53124"),
        ("-length", "21354"),
        ("param:gain", "41235"),
        ("-param:gain", "24135"),
        ("param:x", "15432"),
        ("counter:Hits", "13254"),
        ("-counter:Hits", "13254"),
        ("counter:Nothing", "54321"),
    ],
)
def test_runs_without_a_value_come_last_and_equal_ones_newest_first(sort: str, order: str) -> None:
    with database() as conn:
        some_runs(conn)
        found = "".join(str(number) for number, *_ in index(conn, "e", read_view(sort=sort)))
    assert found == order


def test_a_run_counts_by_the_best_line_of_the_hash_that_is_meant() -> None:
    with database() as conn:
        some_runs(conn)
        first = read_view(sort="-counter:Hits", of="h0")
        assert [number for number, *_ in index(conn, "e", first)] == [3, 1, 2, 5, 4]


words = st.sampled_from(["ab", "AB c", "a_b", "1", "2", "%", "dark", "exit", "Ü", "n1 RUN", ""])
run_facts = st.fixed_dictionaries(
    {
        "params": st.dictionaries(st.sampled_from(["p", "q"]), st.one_of(words, st.integers(0, 3), st.none())),
        "comment": words,
        "tags": st.lists(st.sampled_from(["dark", "ab"]), unique=True),
    }
)
job_facts = st.fixed_dictionaries(
    {
        "hash": st.integers(1, 3),
        "status": st.sampled_from([status.value for status in Status]),
        "user": st.sampled_from(["ann", "bob"]),
        "lsf_id": st.sampled_from([None, "12", "21"]),
        "parameters": words,
        "detail": words,
        "reason": st.one_of(st.none(), words),
        "value": st.one_of(st.none(), st.integers(0, 3), st.sampled_from(["2 %", "x", "y"])),
    }
)
filters = st.fixed_dictionaries(
    {
        "text": st.lists(words, max_size=2).map(" ".join),
        "runs": st.sampled_from(["", "1-2", "2,4"]),
        "hashes": st.lists(st.sampled_from(["h1", "h2"]), max_size=1),
        "statuses": st.lists(st.sampled_from(["RUN", "DONE", "PEND"]), max_size=2),
        "user": st.sampled_from(["", "", "ann"]),
        "tags": st.lists(st.sampled_from(["dark", "ab"]), max_size=1),
        "failed": st.booleans(),
        "sort": st.sampled_from(["", "run", "param:p", "-counter:n", "counter:n"]),
    }
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(run_facts, st.lists(job_facts, max_size=5)), min_size=1, max_size=4), filters)
def test_the_index_is_what_a_plain_evaluation_gives(
    runs: list[tuple[dict[str, Any], list[dict[str, Any]]]], wanted: dict[str, Any]
) -> None:
    with database() as conn:
        add_experiment(conn, "e")
        number = 0
        expected = []
        for run, (facts, jobs) in enumerate(runs, 1):
            add_run(conn, "e", run, **facts)
            rows = []
            for job in jobs:
                number += 1
                definition = {"id": job["hash"], "name": f"h{job['hash']}"}
                counters = [{"name": "n", "value": job["value"], "color": None}]
                rows.append(
                    {**job, "id": f"{number}", "number": number, "definition": definition, "counters": counters}
                )
            add_jobs(conn, "e", run, rows)
            expected.append((run, facts, plainly_chosen(run, facts, rows, wanted)))
        found = index(conn, "e", read_view(**wanted))
    assert found == plainly_ordered(expected, wanted["sort"])


def plainly_chosen(
    run: int, facts: dict[str, Any], jobs: list[dict[str, Any]], wanted: dict[str, Any]
) -> list[dict[str, Any]] | None:
    """The definition of the filter, word by word; None: the run is out."""
    if wanted["runs"] and run not in {"1-2": (1, 2), "2,4": (2, 4)}[wanted["runs"]]:
        return None
    if not set(wanted["tags"]) <= set(facts["tags"]):
        return None
    current = [
        job
        for job in jobs
        if Status(job["status"]) not in ENDED
        or job["number"] == max(one["number"] for one in jobs if one["definition"] == job["definition"])
    ]
    own = [*(str(value) for value in facts["params"].values() if value is not None), facts["comment"], *facts["tags"]]
    tokens = lower(wanted["text"]).split()

    def of_run(token: str) -> bool:
        return token == str(run) or any(token in lower(text) for text in own)

    def of_line(job: dict[str, Any], token: str) -> bool:
        texts = [job["definition"]["name"], *(job[name] for name in ("status", "user", "lsf_id", "parameters"))]
        return any(token in lower(text or "") for text in [*texts, job["detail"], job["reason"]])

    chosen = [
        job
        for job in current
        if (not wanted["hashes"] or job["definition"]["name"] in wanted["hashes"])
        and (not wanted["statuses"] or job["status"] in wanted["statuses"])
        and (not wanted["user"] or job["user"] == wanted["user"])
        and (not wanted["failed"] or Status(job["status"]) in FAILED)
        and all(of_run(token) or of_line(job, token) for token in tokens)
    ]
    asks_for_lines = wanted["hashes"] or wanted["statuses"] or wanted["user"] or wanted["failed"]
    alone = not asks_for_lines and all(map(of_run, tokens))
    return chosen if chosen or alone else None


def plainly_ordered(
    runs: list[tuple[int, dict[str, Any], list[dict[str, Any]] | None]], sort: str
) -> list[tuple[int, ...]]:
    """The order, word by word."""
    down = sort.startswith("-")

    def key(run: tuple[int, dict[str, Any], list[dict[str, Any]] | None]) -> tuple[Any, ...]:
        number, facts, chosen = run
        if sort in ("", "run"):
            return (0, number if sort else -number)
        if sort == "param:p":
            values = [place_of(facts["params"].get("p"))]
        else:
            values = [place_of(job["counters"][0]["value"]) for job in chosen or []]
        numbers = [value for value in values if isinstance(value, int | float)]
        texts = [value for value in values if isinstance(value, str)]
        if numbers:
            return (0, -max(numbers) if down else min(numbers), -number)
        if texts:
            text = max(texts) if down else min(texts)
            return (1, [-ord(letter) for letter in text] if down else [ord(letter) for letter in text], -number)
        return (2, -number)

    def counted(jobs: list[dict[str, Any]], statuses: frozenset[Status]) -> int:
        return sum(Status(job["status"]) in statuses for job in jobs)

    running = frozenset(Status) - ENDED - PENDING
    return [
        (number, len(chosen), counted(chosen, running), counted(chosen, PENDING), counted(chosen, FAILED))
        for number, _, chosen in sorted(runs, key=key)
        if chosen is not None
    ]
