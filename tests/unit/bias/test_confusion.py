from __future__ import annotations

import numpy as np
import pytest

from gencheck.bias.confusion import Confusion, parse_confusions
from gencheck.bias.counts import CountTable
from gencheck.errors import InvalidArgument, LimitExceeded


def _matrix(*rows: tuple[float, ...], names: str = "mf") -> Confusion:
    return Confusion("g", tuple(names), rows)


def test_a_file_of_two_matrices() -> None:
    data = (
        b"attribute,true,predicted,count\n"
        b"g,m,m,382\ng,m,f,198\ng,f,m,75\ng,f,f,507\nage,old,old,9\nage,young,young,8\n"
    )
    gender, age = parse_confusions(data, name="c.csv")
    assert (gender.attribute, gender.categories, gender.source) == ("g", ("m", "f"), "c.csv")
    assert np.array_equal(gender.table(), [[382, 198], [75, 507]])
    assert age.counts == ((9, 0), (0, 8))
    assert not gender.of_this_set
    assert parse_confusions(data, name="c.csv", of_this_set=True)[0].of_this_set


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"attribute,true,count\n", "line 1"),
        (b"attribute,true,predicted,count\ng,m,m,x\n", "line 2: the count 'x' is no number"),
        (b"attribute,true,predicted,count\ng,m,m,-3\n", "line 2: -3 is no count"),
        (b"attribute,true,predicted,count\ng,m,m,1\ng,m,m,2\n", "line 3: 'g/m/m' stands already"),
        (b"attribute,true,predicted,count\ng,m,m,1\ng,m,f,2\n", "nobody in it is 'f'"),
        (b"attribute,true,predicted,count\ng,m,m,0.9\ng,f,f,1\n", "0.9 is no whole number"),
        (b"attribute,true,predicted,count\ng,m,m,5\n", "1 categories"),
        (b"attribute,true,predicted,count\ng,m,,5\n", "no name"),
    ],
)
def test_wrong_files_are_refused(data: bytes, message: str) -> None:
    with pytest.raises((InvalidArgument, LimitExceeded)) as caught:
        parse_confusions(data, name="c.csv")
    assert message in str(caught.value)


def test_matrices_that_are_none() -> None:
    with pytest.raises(InvalidArgument, match="not square: 3 counts for 2 categories"):
        _matrix((1, 2), (3,))
    with pytest.raises(InvalidArgument, match=r"nobody in it is 'f'.*Label some people"):
        _matrix((1, 2), (0, 0))
    with pytest.raises(InvalidArgument, match="nobody is in it"):
        Confusion("g", ("m", "f"), ((0, 0), (0, 0)), of_this_set=True)
    assert Confusion("g", ("m", "f"), ((3, 1), (0, 0)), of_this_set=True).counts[1] == (0, 0)
    with pytest.raises(InvalidArgument, match="-1 is no count"):
        _matrix((1, -1), (1, 1))
    with pytest.raises(InvalidArgument, match="named twice"):
        _matrix((1, 1), (1, 1), names="mm")
    with pytest.raises(LimitExceeded, match="31 categories"):
        Confusion("g", tuple(map(str, range(31))), ((1.0,) * 31,) * 31)


def test_counts_that_the_matrix_does_not_know() -> None:
    matrix = _matrix((9, 1), (1, 9))
    matrix.check_counted(CountTable("", "g", {"m": 3, "other": 0}))
    with pytest.raises(InvalidArgument, match=r"no category 'other', which was counted.*m, f"):
        matrix.check_counted(CountTable("", "g", {"m": 3, "other": 1}))
    with pytest.raises(InvalidArgument, match=r"2\.5 people of 'm'.*whole people"):
        matrix.check_counted(CountTable("", "g", {"m": 2.5}))
