"""Many questions: a few at a time, answers in order, whatever becomes of one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from gencheck.cli.run import Done, Job, run_jobs
from gencheck.cli.tables import read_prompts, read_rows
from gencheck.client import AsyncClient
from gencheck.errors import InvalidInput, NotFound
from gencheck.v1 import router_pb2


@asynccontextmanager
async def nobody() -> AsyncIterator[AsyncClient]:
    yield cast(AsyncClient, None)


async def test_answers_are_shown_in_order_and_a_few_run_at_a_time() -> None:
    running = most = 0

    def job(number: int) -> Job:
        async def ask(_: Any) -> router_pb2.CheckResponse:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.01 * (8 - number))
            running -= 1
            if number == 3:
                raise NotFound("no such file", where="3")
            return router_pb2.CheckResponse(asset=str(number))

        return Job(str(number), ask)

    shown: list[Done] = []
    done = await run_jobs(nobody, [job(n) for n in range(8)], shown.append, parallel=3)
    assert [item.asset for item in shown] == [str(n) for n in range(8)]
    assert done == shown
    assert [item.asset for item in done if item.error] == ["3"]
    assert most == 3


async def test_what_is_shown_does_not_wait_for_the_rest() -> None:
    last, first_shown = asyncio.Event(), asyncio.Event()

    async def at_once(_: Any) -> router_pb2.CheckResponse:
        return router_pb2.CheckResponse()

    async def late(_: Any) -> router_pb2.CheckResponse:
        await last.wait()
        return router_pb2.CheckResponse()

    jobs = [Job("1", at_once), Job("2", late)]
    running = asyncio.create_task(run_jobs(nobody, jobs, lambda _: first_shown.set(), parallel=8))
    async with asyncio.timeout(5):
        await first_shown.wait()
        assert not running.done()
        last.set()
        await running


def test_a_table_of_prompts_names_files_from_its_own_folder(tmp_path: Path) -> None:
    table = tmp_path / "p.csv"
    table.write_text('\ufefffile,prompt,note\na.png,"two cats, one hat",x\n/b.png,dogs,\n')
    assert read_prompts(table) == [
        (str(tmp_path / "a.png"), "two cats, one hat"),
        ("/b.png", "dogs"),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"", r"p\.csv:1: no column file, prompt"),
        (b"file,words\na,b\n", r"p\.csv:1: no column prompt"),
        (b"file,prompt\na,b\nc\n", r"p\.csv:3: a row is too short"),
        (b"file,prompt\n\xff,b\n", "cannot be read as text"),
    ],
)
def test_a_table_that_is_wrong_says_where(tmp_path: Path, text: bytes, told: str) -> None:
    table = tmp_path / "p.csv"
    table.write_bytes(text)
    with pytest.raises(InvalidInput, match=told):
        read_rows(table, {"file", "prompt"})


def test_a_table_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_prompts(tmp_path / "none.csv")
