"""When participants are told that the trainer has gone on: one after another, and all of them soon."""

from itertools import pairwise

import pytest

from common.pace import ALL_SECONDS, EACH_SECONDS, moment


@pytest.mark.parametrize("followers", [1, 2, 30, 300, 1000])
def test_each_is_told_a_moment_after_the_one_before_her_and_all_of_them_soon(followers: int) -> None:
    moments = [moment(place, followers) for place in range(followers)]
    assert moments[0] == 0
    apart = [later - before for before, later in pairwise(moments)]
    assert all(0 < each <= EACH_SECONDS * 1.001 for each in apart)
    assert moments[-1] < ALL_SECONDS
