"""Texts as the text tower of an encoder takes them: cleaned, then cut into tokens.

The words that a tower knows are in the ``tokenizer.json`` beside it (the format of the library
``tokenizers``), and so are its length and its padding. The cleaning is that of open_clip, in whose
form the towers saw their texts. A special token that stands in a text is text: ``<end_of_text>`` in
a prompt must not end it.
"""

from __future__ import annotations

import html
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gencheck.errors import InvalidArgument, ModelNotReady
from gencheck.inference.backend import ModelSpec
from gencheck.inference.spec import read_asset
from gencheck.vision.parameters import choice, unusable

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TOKENIZER_FILE = "tokenizer.json"
LONGEST_TEXT = 20_000
"""Characters. Towers read some dozens of words; what is longer is no prompt."""

_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


def _squeeze(text: str) -> str:
    return " ".join(text.split())


def _canonicalize(text: str) -> str:
    return _squeeze(text.replace("_", " ").translate(_NO_PUNCTUATION).lower())


_CLEAN: Mapping[str, Callable[[str], str]] = {
    "lower": lambda text: _squeeze(text).lower(),
    "whitespace": _squeeze,
    "canonicalize": _canonicalize,
}


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of texts.

    Attributes:
        ids: ``int64 [n, length]``, padded.
        cut: ``bool [n]``: the text has more tokens than the tower reads.
    """

    ids: NDArray[np.int64]
    cut: NDArray[np.bool_]


class TextPreparation:
    """Turns texts into tokens for one tower.

    Raises:
        ModelNotReady: the tokenizer is missing, broken or not the tower's, or the library that
            reads it is not installed.
    """

    def __init__(self, spec: ModelSpec) -> None:
        self._clean = _CLEAN[choice(spec, "clean", tuple(_CLEAN))]
        self._fix = _import(spec, "ftfy").fix_text
        self._tokenizer = _tokenizer(spec)
        self._dtype = spec.inputs[0].dtype

    def __call__(self, texts: Sequence[str]) -> Tokens:
        """Tokens of each text. Raises ``InvalidArgument`` for one that is beyond all reason."""
        for text in texts:
            if len(text) > LONGEST_TEXT:
                raise InvalidArgument(
                    f"the text has {len(text)} characters, the most are {LONGEST_TEXT}",
                    where="text encoder",
                )
        found = self._tokenizer.encode_batch([self._cleaned(text) for text in texts])
        return Tokens(
            np.asarray([encoding.ids for encoding in found], self._dtype),
            np.asarray([bool(encoding.overflowing) for encoding in found], np.bool_),
        )

    def _cleaned(self, text: str) -> str:
        # A lone surrogate is no text: neither ftfy nor the tokenizer can write it as UTF-8.
        whole = text.encode("utf-8", "replace").decode("utf-8")
        return self._clean(html.unescape(html.unescape(self._fix(whole))).strip())


def _tokenizer(spec: ModelSpec) -> Tokenizer:
    data = read_asset(spec, TOKENIZER_FILE)
    length = spec.inputs[0].shape[-1]
    try:
        made: Tokenizer = _import(spec, "tokenizers").Tokenizer.from_buffer(data)
    except ValueError as error:
        raise unusable(spec, f"{TOKENIZER_FILE} is no tokenizer ({str(error)[:200]})") from error
    lengths = [(made.truncation or {}).get("max_length"), (made.padding or {}).get("length")]
    if lengths != [length, length]:
        raise unusable(spec, f"{TOKENIZER_FILE} cuts and pads to {lengths}, the tower has {length}")
    made.encode_special_tokens = True  # those in a text are text
    return made


def _import(spec: ModelSpec, name: str) -> Any:
    """A library of the extra ``encoders``: it is large beside what others need."""
    import importlib  # noqa: PLC0415

    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ModelNotReady(
            f"the library {name} is not installed",
            where=f"model {spec.name}",
            fix="Install it with: pip install 'gencheck[encoders]'",
            metadata={"model": spec.name},
        ) from error
