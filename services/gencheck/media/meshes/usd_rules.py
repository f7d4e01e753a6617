"""What the validators of OpenUSD mind about a stage, as a report.

Those of ``usdUtils`` are left out: they look for files on the machine. What they say of packages
is told by ``usdz`` and ``usd_layers``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

from pxr import Usd, UsdValidation

from gencheck.gltf.log import Issue, Report, short

PLACES = 5
"""Places that are named of one rule."""
_MAX_LISTED = 100
_MAX_SEEN = 100_000
_CODES = {
    UsdValidation.ValidationErrorType.Error: "USD_ERROR",
    UsdValidation.ValidationErrorType.Warn: "USD_WARNING",
    UsdValidation.ValidationErrorType.Info: "USD_INFO",
}
_ORDER = ("USD_ERROR", "USD_WARNING", "USD_INFO")
_ANONYMOUS = re.compile(r"<?@?anon:0x[0-9a-f]+(:[^@>\s]*)?@?>?")
_FOLDER = re.compile(r"/\S*gencheck-usd-\S*/")


def validate(stage: Usd.Stage, issues: Iterable[Issue]) -> Report:
    """All issues: those that are known already, and those of the validators; errors first."""
    counts: Counter[str] = Counter()
    places: Counter[str] = Counter()
    kept: list[Issue] = []
    for issue in islice(chain(issues, _found(stage)), _MAX_SEEN):
        counts[issue.code] += 1
        rule = issue.detail.partition(":")[0]
        places[rule] += 1
        if places[rule] <= PLACES:
            kept.append(issue)
    kept.sort(key=lambda issue: _ORDER.index(issue.code))
    cut = (f"issues beyond the first {_MAX_SEEN}",) if counts.total() == _MAX_SEEN else ()
    return Report(tuple(kept[:_MAX_LISTED]), dict(counts), cut)


def _found(stage: Usd.Stage) -> Iterator[Issue]:
    registry = UsdValidation.ValidationRegistry()
    names = [
        entry.name
        for entry in registry.GetAllValidatorMetadata()
        if not entry.name.startswith("usdUtilsValidators:")
    ]
    context = UsdValidation.ValidationContext(registry.GetOrLoadValidatorsByName(names))
    for error in context.Validate(stage):
        if not error.HasNoError():
            yield _issue(error)


def _issue(error: Any) -> Issue:
    try:
        message = _FOLDER.sub("", _ANONYMOUS.sub("of the file", error.GetMessage()))
        sites = [_path(site) for site in error.GetSites()]
    except UnicodeDecodeError:
        message, sites = "in a text that is no UTF-8", []
    where = next((path for path in sites if path), "")
    return Issue(_CODES[error.GetType()], where, None, f"{error.GetName()}: {short(message)}")


def _path(site: Any) -> str:
    """Where in the scene; the stage itself is ``/``."""
    if site.IsPrim():
        return str(site.GetPrim().GetPath())[:200]
    if site.IsProperty():
        return str(site.GetProperty().GetPath())[:200]
    return ""
