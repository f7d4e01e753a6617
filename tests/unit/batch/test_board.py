"""The board says what is being checked, also after whoever wrote it has died."""

import multiprocessing
import os

from gencheck.batch.board import Board

SPAWN = multiprocessing.get_context("spawn")


def work(board: Board) -> None:
    board.begin(0)
    board.begin(7)
    board.end(0)
    board.begin(9)
    os._exit(1)


def test_rows_come_and_go() -> None:
    board = Board(SPAWN, 2)
    assert (board.rows, board.finished, board.longest) == (set(), 0, 0.0)
    board.begin(3)
    board.begin(0)
    assert board.rows == {0, 3}
    assert board.longest > 0
    board.end(3)
    board.begin(4)
    assert (board.rows, board.finished) == ({0, 4}, 1)
    board.clear()
    assert (board.rows, board.finished) == (set(), 0)


def test_it_outlives_the_process_that_wrote_it() -> None:
    board = Board(SPAWN, 3)
    process = SPAWN.Process(target=work, args=(board,))
    process.start()
    process.join()
    assert process.exitcode == 1
    assert (board.rows, board.finished) == ({7, 9}, 1)
