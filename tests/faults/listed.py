"""The faults that must be survived, by number, and the tests that show it (docs/reliability.md)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Listed:
    """One fault; `tests` are beginnings of test ids. `beyond` where it is not asked for, and why."""

    number: int
    name: str
    tests: tuple[str, ...]
    beyond: str = ""


_STORM = "tests/faults/test_faults.py::"
_CLIENTS = "tests/faults/test_clients.py::"
_LONGER = f"{_STORM}test_it_is_there_after_longer_trouble_too"
_RULED = f"{_STORM}test_it_is_there_when_disk_or_clock_fail"

FAULTS = (
    Listed(1, "store killed", (f"{_STORM}test_what_was_acknowledged_is_there_once[store_killed]",)),
    Listed(
        2,
        "power lost",
        (
            f"{_RULED}[power_lost]",
            f"{_STORM}test_a_log_that_is_synced_once_a_second_loses_what_it_acknowledged",
        ),
    ),
    Listed(3, "disk slow", (f"{_RULED}[disk_slow]",)),
    Listed(4, "disk full", (f"{_STORM}test_it_is_there_after_the_disk_was_full",)),
    Listed(
        5,
        "store frozen",
        (
            f"{_LONGER}[store_frozen]",
            "tests/launch/test_away.py::test_a_frozen_store_lets",
            "tests/journeys/test_blocked.py::test_a_vote_while_the_store_stands_still",
        ),
    ),
    Listed(6, "store's memory full", (f"{_LONGER}[memory_full]",)),
    Listed(7, "network parted", ("tests/faults/test_partition.py::",)),
    Listed(
        8,
        "a Cluster's primary dies",
        ("tests/launch/test_stores.py::test_a_store_of_a_cluster_is_refused_in_words",),
        "a Cluster is refused at the start",
    ),
    Listed(9, "replicas gone", ("tests/faults/test_failover.py::",)),
    Listed(
        10,
        "server killed",
        (
            f"{_STORM}test_what_was_acknowledged_is_there_once[server_killed]",
            "tests/faults/test_crowd_back.py::",
        ),
    ),
    Listed(
        11,
        "rolling restart",
        ("tests/launch/test_restart.py::test_all_processes_are_new",),
    ),
    Listed(
        12,
        "client stops reading",
        (
            f"{_CLIENTS}test_who_stops_reading",
            "tests/live/test_port.py::test_who_never_reads_is_cut_with_little_waiting",
        ),
    ),
    Listed(
        13,
        "client on a slow line",
        (f"{_CLIENTS}test_a_slow_line",),
        "shown all the same",
    ),
    Listed(14, "bytes late, lines cut mid-reply", ("tests/faults/test_bad_lines.py::",)),
    Listed(
        15,
        "delta missed, doubled, out of order",
        (
            "tests/frontend/test_pure_modules.py::test_in_node",
            "tests/frontend/test_pure_modules.py::test_in_chromium",
            "tests/frontend/test_histories.py::test_a_thousand_histories",
            "tests/journeys/test_bad_deltas.py::",
        ),
    ),
    Listed(
        16,
        "floods and bad input",
        (
            "tests/faults/test_floods.py::test_a_flood_gets_its_code",
            "tests/live/test_port.py::",
            "tests/live/test_raw_frames.py::",
        ),
    ),
    Listed(
        17,
        "flood of votes and sockets",
        (
            "tests/faults/test_floods.py::test_a_flood_of_votes",
            "tests/faults/test_floods.py::test_a_thousand_sockets",
        ),
    ),
    Listed(
        18,
        "sign-in ended, revoked, of another meeting",
        ("tests/live/test_revoking.py::",),
        "shown all the same",
    ),
    Listed(
        19,
        "worker or its job killed, poison job",
        (
            f"{_LONGER}[worker_killed]",
            "tests/workers/test_exports.py::test_a_job_whose_process_is_killed",
            "tests/workers/test_exports.py::test_a_job_of_a_killed_worker",
            "tests/workers/test_exports.py::test_a_poison_job",
        ),
    ),
    Listed(
        20,
        "store away at the start, old backup",
        (
            "tests/launch/test_stores.py::test_a_store_that_is_away_at_the_start",
            "tests/faults/test_old_backup.py::",
            "tests/sequencer/test_rebuilding.py::",
        ),
    ),
    Listed(21, "clock jumps an hour", (f"{_RULED}[clock_jumped]",)),
    Listed(22, "two versions side by side", ("tests/faults/test_versions.py::",)),
    Listed(
        23,
        "two moderators at once",
        (
            "tests/acts/test_deciding.py::test_of_two_moderators_deciding_at_once",
            "tests/journeys/test_desk.py::test_of_two_moderators_the_second_is_told",
        ),
    ),
    Listed(
        24,
        "voting closes at the peak",
        (
            "tests/live/test_closing.py::",
            "tests/acts/test_closing.py::test_votes_that_were_acknowledged",
        ),
    ),
    Listed(25, "server blocked 2 s", (f"{_LONGER}[server_blocked]",)),
)


def line(fault: Listed, outcomes: dict[str, list[str]]) -> str:
    """What became of a fault in this run. `outcomes`: test id -> "passed", "failed" or why skipped.
    "" where it was not in this run."""
    found = [told for test, told in outcomes.items() if test.startswith(fault.tests)]
    words = [word for told in found for word in told]
    ran = words.count("passed")
    parts = [f"{ran} tests held"] if ran else []
    parts += [f"{words.count('failed')} FAILED"] if "failed" in words else []
    parts += sorted({f"skipped: {word}" for word in words if word not in ("passed", "failed")})
    beyond = f" ({fault.beyond})" if fault.beyond else ""
    return f"{fault.number:>3}  {fault.name}{beyond}: {'; '.join(parts)}" if parts else ""
