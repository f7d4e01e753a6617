"""Negation: which words a "no", a "not" or a "without" reaches, against labels made by hand."""

from negation_scope import judged


def test_negation_reaches_what_a_person_says_it_reaches() -> None:
    count, wrong = judged()
    assert count >= 100
    assert len(wrong) <= 0.05 * count, wrong
