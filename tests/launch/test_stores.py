"""Any Redis or Valkey from 7.0 replaces the embedded store; what cannot be used is said in one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from server.launch import embedded
from tests.launch.running import Run, eventually, free_port, refused
from tests.launch.stores import PASSWORD, cluster_of_two, old_store, other_store, store_on

Prepare = Callable[..., Run]


def names(url: str) -> set[str]:
    """The keys of a store by their first word."""
    with redis.Redis.from_url(url, decode_responses=True) as client:
        return {str(key).partition(":")[0] for key in client.scan_iter()}


def test_two_stores_of_ones_own_take_the_place_of_the_embedded_one(
    run: Prepare, tmp_path: Path
) -> None:
    with other_store(tmp_path / "live") as live, other_store(tmp_path / "jobs") as jobs:
        started = run(REDIS_URL=live, REDIS_JOBS_URL=jobs).start()
        started.ready()
        assert started.children("store") == []
        eventually(lambda: "rq" in names(jobs), "jobs in the second store")
        assert names(live) == {"of"}
        assert PASSWORD not in started.text
        assert started.stop() == 0
    assert not (tmp_path / "data" / "appendonlydir").exists()


def test_a_store_of_ones_own_is_none_that_a_run_may_end_wherever_its_socket_is(
    run: Prepare, store_url: str, tmp_path: Path
) -> None:
    assert "/of-" in store_url  # as the folder of a run's own store is called
    run(REDIS_URL=store_url).start()
    told = json.loads((tmp_path / "data" / "run.json").read_text())
    assert (told["store_url"], told["embedded"]) == (store_url, False)


def test_a_store_that_is_away_at_the_start_is_waited_for(run: Prepare, tmp_path: Path) -> None:
    port = free_port()
    url = f"redis://:{PASSWORD}@127.0.0.1:{port}/0"
    started = run(REDIS_URL=url).start(until="does not answer")
    assert "The store of REDIS_URL does not answer." in started.text
    assert started.status("/") == 200
    assert started.status("/healthz") == 200
    assert started.status("/m/spring-town-hall") == 503
    assert started.status("/readyz") == 503
    with store_on(port, tmp_path / "late"):
        started.wait_for("Organiser link")
        started.ready()
        eventually(lambda: started.status("/m/spring-town-hall") == 404, "the pages know it too")
        assert started.stop() == 0


def test_a_store_that_processes_would_be_told_otherwise_is_no_store_of_a_run(
    run: Prepare, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").write_text("redis://127.0.0.1:1/0\n")
    others = {
        f"OPENFLOOR_{name}_URL_FILE": str(tmp_path / "elsewhere") for name in ("STORE", "JOBS")
    }
    started = run(**others).start()
    started.ready()


def test_a_wrong_password_is_said(tmp_path: Path) -> None:
    with other_store(tmp_path / "live") as url:
        wrong = url.replace(PASSWORD, "wrong")
        said = refused("run", "--port", "0", "--data", str(tmp_path / "data"), REDIS_URL=wrong)
    assert said == (
        "The store refuses this user or password. Put them into the address:"
        " REDIS_URL=redis://USER:PASSWORD@HOST:6379/0 ./openfloor run\n"
    )


def test_a_store_that_is_too_old_is_refused_with_the_line_to_type(tmp_path: Path) -> None:
    with old_store() as url:
        said = refused("run", "--port", "0", "--data", str(tmp_path / "data"), REDIS_URL=url)
    assert said == (
        "The store is version 6.2.14, which is too old. Install a store:"
        " apt-get install -y redis-server, or set REDIS_URL (Redis or Valkey >= 7.0).\n"
    )


def test_an_address_that_is_no_store_is_refused(tmp_path: Path) -> None:
    arguments = ("run", "--port", "0", "--data", str(tmp_path / "data"))
    said = refused(*arguments, REDIS_URL="http://127.0.0.1:6379")
    assert said == "REDIS_URL must begin with redis://, rediss://, unix://, redis+sentinel://.\n"


def test_sentinels_that_are_named_oddly_are_refused_with_the_shape(tmp_path: Path) -> None:
    arguments = ("run", "--port", "0", "--data", str(tmp_path / "data"))
    said = refused(*arguments, REDIS_URL="redis+sentinel://:hidden@one:26379,two:26379")
    assert "SERVICE[/DB]" in said and "hidden" not in said


def test_a_store_of_a_cluster_is_refused_in_words(tmp_path: Path) -> None:
    with cluster_of_two(tmp_path) as url:
        said = refused("run", "--port", "0", "--data", str(tmp_path / "data"), REDIS_URL=url)
    assert said.startswith("This store is one of a Cluster of 2.") and PASSWORD not in said


def test_a_binary_that_says_nothing_is_not_the_one_that_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(embedded, "RUNS_S", 0.2)
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexec sleep 600\n")
    silent.chmod(0o700)
    assert not embedded._runs(str(silent))


def test_without_any_server_binary_the_line_to_type_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(embedded.importlib.resources, "files", lambda name: tmp_path)  # type: ignore[attr-defined]
    with pytest.raises(embedded.StoreUnavailable, match="apt-get install -y redis-server"):
        embedded.find_binary(None)
