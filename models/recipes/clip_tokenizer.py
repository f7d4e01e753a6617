"""Tokenizers in the form that serves: a ``tokenizer.json`` that cuts and pads by itself.

The special tokens of CLIP's own are not told to the library as such, so that a prompt which spells
one does not contain it.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors

from recipes.errors import RecipeError

_PIECES = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
_MERGES = slice(1, 49152 - 256 - 2 + 1)
_START, _END, _WORD_END = "<start_of_text>", "<end_of_text>", "</w>"


@dataclass(frozen=True, slots=True)
class Tokenization:
    """A tokenizer that cuts and pads to the length of a tower.

    Attributes:
        clean: what is done to a text before: ``lower``, ``whitespace`` or ``canonicalize``.
    """

    tokenizer: Tokenizer
    clean: str

    def encode(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Tokens of texts that are cleaned first as open_clip does it, ``int64 [n, length]``."""
        from open_clip.tokenizer import get_clean_fn

        clean: Callable[[str], str] = get_clean_fn(self.clean)
        found = self.tokenizer.encode_batch([clean(text) for text in texts])
        return np.asarray([encoding.ids for encoding in found], np.int64)

    def to_json(self) -> bytes:
        """The content of ``tokenizer.json``."""
        return str(self.tokenizer.to_str()).encode()


def bpe_tokenizer(length: int, clean: str, *, merges: Path | None = None) -> Tokenization:
    """CLIP's own, from the merges that open_clip ships.

    Args:
        merges: another copy of ``bpe_simple_vocab_16e6.txt.gz``.
    """
    if merges is None:
        from open_clip.tokenizer import default_bpe

        merges = Path(default_bpe())
    lines = gzip.decompress(merges.read_bytes()).decode("utf-8").split("\n")[_MERGES]
    pairs = [(first, second) for first, second in (line.split() for line in lines)]
    letters = _letters()
    words = [*letters, *(letter + _WORD_END for letter in letters)]
    words += [first + second for first, second in pairs] + [_START, _END]
    vocabulary = {word: index for index, word in enumerate(words)}
    made = Tokenizer(models.BPE(vocabulary, pairs, end_of_word_suffix=_WORD_END))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), "removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    ends = [(_START, vocabulary[_START]), (_END, vocabulary[_END])]
    made.post_processor = processors.TemplateProcessing(
        single=f"{_START} $A {_END}", pair=None, special_tokens=ends
    )
    return _fitted(made, length, clean, pad=0)


def _letters() -> list[str]:
    """The 256 bytes as CLIP writes them, in its order: those that can be seen, then the rest."""
    seen = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1)]
    seen += range(ord("®"), ord("ÿ") + 1)
    hidden = len(set(range(256)) - set(seen))
    return [*map(chr, seen), *(chr(256 + index) for index in range(hidden))]


def given_tokenizer(path: Path, length: int, clean: str, *, pad: int) -> Tokenization:
    """One from a ``tokenizer.json``. Raises ``RecipeError`` where it is none."""
    try:
        made = Tokenizer.from_str(path.read_text("utf-8"))
    except Exception as error:  # the library raises nothing more special
        raise RecipeError(f"{path} is no tokenizer ({str(error)[:200]})") from error
    if clean not in ("lower", "whitespace", "canonicalize"):
        raise RecipeError(f"texts cleaned by {clean!r} are not served")
    return _fitted(made, length, clean, pad=pad)


def _fitted(made: Tokenizer, length: int, clean: str, *, pad: int) -> Tokenization:
    token = made.id_to_token(pad)
    if token is None:
        raise RecipeError(f"the tokenizer has no token {pad} to pad with", fix="See --pad-id.")
    made.enable_truncation(length)
    made.enable_padding(length=length, pad_id=pad, pad_token=token)
    made.encode_special_tokens = True
    return Tokenization(made, clean)
