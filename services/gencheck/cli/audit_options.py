"""The options of `gencheck audit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Sources: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="DIR|IMAGE…|COUNTS.csv…|RECORDS.csv…", help="What to audit.", show_default=False
    ),
]
Attributes: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--attribute", metavar="NAME", help="Only this attribute; repeatable."),
]
Reference: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--reference", metavar="FILE.csv", help="Expected shares: attribute,category,share."
    ),
]
Confusion: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--confusion",
        metavar="FILE.csv",
        help="How the classifier that counted errs: attribute,true,predicted,count.",
    ),
]
Labelled: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--labelled",
        metavar="FILE.csv",
        help="The same columns, of people drawn from this set and not counted in it.",
    ),
]
Cross: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--cross", metavar="NAME,NAME", help="Count these attributes of records together too."
    ),
]
States: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option("--state", metavar="FILE", help="Go on from an earlier audit; repeatable."),
]
StateOut: TypeAlias = Annotated[
    Path | None,
    typer.Option("--state-out", metavar="FILE", help="Leave all that a further audit needs."),
]
MinCell: TypeAlias = Annotated[
    int,
    typer.Option(
        "--min-cell",
        metavar="N",
        min=0,
        help="For publishing: withhold cells of fewer people, and what gives them away.",
    ),
]
Effect: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--effect",
        metavar="DISTANCE",
        min=0.01,
        max=0.5,
        help="The departure that matters, 0.01 to 0.5; 0.15 is 65/35 instead of 50/50.",
        show_default=False,
    ),
]
MinimumPeople: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--minimum-people",
        metavar="N",
        min=1,
        help="With fewer, nothing is called skewed; by default 10.",
        show_default=False,
    ),
]
RepeatedLooks: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--repeated-looks", help="The set is audited again and again as it grows: e-values."
    ),
]
Orders: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--order",
        metavar="NAME=CATEGORY,…",
        help="An ordered attribute's categories, end to end; repeatable.",
    ),
]
Pairs: TypeAlias = Annotated[
    Path | None,
    typer.Option("--pairs", metavar="FILE.csv", help="Prompts to compare: first,second."),
]
