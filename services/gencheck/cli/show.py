"""Answers for people, and for programs."""

from __future__ import annotations

import sys
import traceback
from typing import Any

from rich.console import Console
from rich.text import Text

from gencheck.cli.run import Done
from gencheck.cli.show_audit import relations, table_of_audit
from gencheck.cli.show_findings import finding_lines
from gencheck.cli.show_mesh import how_counted, mesh_lines
from gencheck.errors import GencheckError
from gencheck.findings import Verdict
from gencheck.serving.status import to_status
from gencheck.v1 import artifact_pb2, bias_pb2, consistency_pb2, mesh_pb2, router_pb2
from gencheck.wire import to_json, verdict_from

STYLES = {
    Verdict.PASS: "bold green",
    Verdict.REVIEW: "bold yellow",
    Verdict.FAIL: "bold red",
    Verdict.INCONCLUSIVE: "bold magenta",
}
_CLAIM_STYLES = {"SUPPORTED": "green", "CONTRADICTED": "red", "UNVERIFIED": "magenta"}
_COMPARATORS = {
    consistency_pb2.COMPARATOR_AT_LEAST: "at least ",
    consistency_pb2.COMPARATOR_AT_MOST: "at most ",
}
_MAX_FINDINGS = 8
_COUNTS_MESHES = (mesh_pb2.CheckMeshResponse, router_pb2.CheckResponse)
_JUDGES_FILES = (artifact_pb2.CheckArtifactResponse, *_COUNTS_MESHES)


def json_line(done: Done) -> None:
    """One line of JSON on standard output."""
    message = done.answer
    if message is None and done.error is not None:
        message = router_pb2.CheckFailure(asset=done.asset, error=to_status(done.error))
    if message is not None:
        sys.stdout.write(to_json(message) + "\n")
        sys.stdout.flush()


def error_line(error: GencheckError) -> None:
    """One line about an error on standard error."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(Text.assemble(("error ", "bold red"), str(error)))


def bug(error: Exception) -> None:
    """A mistake of gencheck itself, with all that a report of it needs."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print("".join(traceback.format_exception(error)), markup=False)
    console.print(Text.assemble(("error ", "bold red"), "gencheck made a mistake: report it."))


def usage(error: Any) -> None:
    """What was wrong with the words of a command, on standard error."""
    error.show()


def note(text: str) -> None:
    """A word beside the answers, on standard error."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)


class Printer:
    """Prints answers as people read them."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)
        self._explained = False

    def __call__(self, done: Done) -> None:
        """Print one answer, or why there is none."""
        if done.error is not None:
            self._console.print(Text.assemble(("ERROR", "bold red"), "  ", str(done.error)))
        elif done.answer is not None:
            self.answer(done.answer)

    def answer(self, answer: Any) -> None:
        """The verdict, its reasons, and what the answer carries besides."""
        if isinstance(answer, bias_pb2.AuditImagesResponse):
            self._images(answer)
            answer = answer.audit
        self._head(answer)
        if isinstance(answer, _JUDGES_FILES):
            for line in finding_lines(answer):
                self._console.print(Text("  ").append_text(line))
        else:
            self._reasons(answer)
        for line in claim_lines(answer):
            self._console.print(Text("  ").append_text(line))
        if isinstance(answer, _COUNTS_MESHES) and answer.HasField("statistics"):
            self._mesh(answer.statistics)
        for audit in getattr(answer, "audits", ()):
            self._console.print(table_of_audit(audit))
        for words in relations(answer):
            self._console.print(Text(words))

    def claims(self, answer: consistency_pb2.ParsePromptResponse) -> None:
        """The claims of a prompt."""
        for claim in answer.claims:
            self._console.print(
                Text.assemble((claim_text(claim), "bold"), f"  “{claim.span.text}”")
            )
        if answer.uncovered:
            words = ", ".join(span.text for span in answer.uncovered)
            self._console.print(Text.assemble(("in no claim: ", "magenta"), words))

    def _mesh(self, statistics: mesh_pb2.MeshStatistics) -> None:
        """What was counted; how, after the first mesh only."""
        for line in mesh_lines(statistics):
            self._console.print(line)
        if not self._explained:
            self._console.print(Text(f"  {how_counted(statistics)}", style="dim"))
        self._explained = True

    def _images(self, answer: bias_pb2.AuditImagesResponse) -> None:
        """How many pictures could be read, and why others could not; nothing about any one."""
        read = sum(image.outcome.HasField("judged") for image in answer.images)
        faces = sum(image.faces for image in answer.images)
        self._console.print(f"{read} of {len(answer.images)} pictures read, {faces} faces")
        for image in answer.images:
            if not image.outcome.HasField("judged"):
                why = image.outcome.error.message or image.outcome.skipped.message
                self._console.print(Text.assemble(("  not read: ", "magenta"), why))

    def _head(self, answer: Any) -> None:
        verdict = verdict_from(answer.verdict)
        self._console.print(Text.assemble((f"{verdict.value:<14}", STYLES[verdict]), answer.asset))

    def _reasons(self, answer: Any) -> None:
        for reason in answer.reasons[:_MAX_FINDINGS]:
            self._console.print(f"  {reason}", markup=False)
        hidden = len(answer.reasons) - _MAX_FINDINGS
        if hidden > 0:
            self._console.print(f"  and {hidden} more; see --json", style="dim")


def verdict_of(answer: Any) -> Verdict:
    """The verdict of any answer; of an audit of pictures the one of the audit."""
    return verdict_from(getattr(answer, "audit", answer).verdict)


def claim_lines(answer: Any) -> list[Text]:
    """A line a claim: its status, what it claims, why."""
    return [_claim_line(result) for result in getattr(answer, "claims", ())]


def _claim_line(result: consistency_pb2.ClaimResult) -> Text:
    status = consistency_pb2.ClaimStatus.Name(result.status).removeprefix("CLAIM_STATUS_")
    style = _CLAIM_STYLES.get(status, "")
    claim = (claim_text(result.claim), "bold")
    return Text.assemble((f"{status:<13}", style), claim, f"  {result.explanation}")


def claim_text(claim: consistency_pb2.Claim) -> str:
    """A claim with its kind, such as ``count: 2 dog``."""
    return f"{claim.WhichOneof('claim')}: {claim_words(claim)}"


def claim_words(claim: consistency_pb2.Claim) -> str:
    """What a claim says, in a few words."""
    kind = claim.WhichOneof("claim")
    said: Any = getattr(claim, kind) if kind else None
    match kind:
        case "count":
            return f"{_COMPARATORS.get(said.comparator, '')}{said.n} {said.name}"
        case "attribute":
            return f"{said.name or 'picture'} is {said.value} ({said.kind})"
        case "relation":
            return f"{said.subject} {said.predicate} {said.object}"
        case "action":
            return f"{said.subject} {said.verb} {said.object}".rstrip()
        case "text":
            return f"“{said.text}”"
        case "style" | "scene":
            return str(said.value)
        case "absence":
            return f"no {said.name}"
    return str(said.name) if said else ""
