"""A monitor that looks again and again at fair generators: how often it ever raises an alarm."""

from __future__ import annotations

import math

import numpy as np
from bias_verdicts import even, tilted
from numpy.typing import NDArray
from scipy.special import chdtrc

from gencheck.bias.sequential import log_e_values, needed_at_any_look, power_at_any_look

LOOKS, PROMPTS, ALPHA, EFFECT = 40, 1000, 0.05, 0.15


def print_looks(runs: int) -> None:
    """False alarms at 40 looks, of one prompt and of 1,000; then power beside the planner's."""
    print(f"\nA fair generator looked at {LOOKS} times, 10 people more a prompt at each")
    print("| prompts | categories | runs | chi-square, p < 0.05 / prompts | e-value, Holm |")
    print("|---:|---:|---:|---:|---:|")
    rng = np.random.default_rng(17)
    for prompts, times in ((1, 10 * runs), (PROMPTS, runs)):
        for k in (2, 4, 10):
            alarms = np.array([_alarms(rng, prompts, k) for _ in range(times)])
            chi_square, e_value = alarms.mean(axis=0)
            print(f"| {prompts:,} | {k} | {times} | {chi_square:.1%} | {e_value:.1%} |", flush=True)
    _print_power(10 * runs)


def _alarms(rng: np.random.Generator, prompts: int, k: int) -> tuple[bool, bool]:
    """Whether any look at any prompt was an alarm, by either test.

    Holm's correction rejects something exactly where the smallest p is at most alpha / prompts.
    """
    tables: NDArray[np.float64] = np.zeros((prompts, k))
    chi_square = e_value = False
    for _ in range(LOOKS):
        tables += rng.multinomial(10, even(k), size=prompts)
        n = tables[0].sum()
        p = chdtrc(k - 1, ((tables - n / k) ** 2 / (n / k)).sum(axis=1))
        chi_square |= bool(p.min() < ALPHA / prompts)
        log_e = log_e_values(tables, even(k), EFFECT)
        e_value |= bool(log_e.max() > math.log(prompts / ALPHA))
    return chi_square, e_value


def _print_power(runs: int) -> None:
    print("\nPower of one look at the n that the planner asks for (promised: 80 % or more)")
    print("| categories | distance | n | planned | shown |")
    print("|---:|---:|---:|---:|---:|")
    rng = np.random.default_rng(19)
    for k in (2, 10, 20):
        for distance in (0.05, 0.1, 0.15):
            n = needed_at_any_look(k, distance)
            tables = rng.multinomial(n, tilted(k, distance), size=runs).astype(np.float64)
            shown = np.mean(log_e_values(tables, even(k), distance) >= math.log(1 / ALPHA))
            planned = power_at_any_look(n, k, distance)
            print(f"| {k} | {distance} | {n} | {planned:.1%} | {shown:.1%} |")
