"""open_clip's architectures, and weights for them, without its downloads."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

from recipes import weights
from recipes.errors import RecipeError
from recipes.shim import allow_torchvision

Facts: TypeAlias = dict[str, Any]


def architecture(model: str, tag: str) -> tuple[Any, Facts, Facts]:
    """A pair with random weights, what it says of its texts, and how its pictures are prepared.

    Args:
        model: a name of open_clip, or a folder with an ``open_clip_config.json``.
        tag: one of open_clip's published weights of that name, or empty.

    Raises:
        RecipeError: there is no such model or tag.
    """
    allow_torchvision()
    import open_clip

    source, quick = (f"local-dir:{model}", False) if Path(model).is_dir() else (model, False)
    published: Mapping[str, Any] = {}
    if tag:
        published = open_clip.get_pretrained_cfg(model, tag)
        if not published:
            known = ", ".join(open_clip.list_pretrained_tags_by_model(model)) or "none"
            raise RecipeError(f"open_clip has no weights {tag!r} of {model}", fix=f"Known: {known}")
        quick = bool(published.get("quick_gelu"))
    config = _config(model, open_clip)
    logging.disable(logging.WARNING)  # open_clip's, that no weights are loaded: we load them
    try:
        pair = open_clip.create_model(
            source, load_weights=False, force_quick_gelu=quick, pretrained_image=False
        ).eval()
    except (RuntimeError, OSError, TypeError, KeyError, ValueError) as error:
        raise RecipeError(f"open_clip cannot make {model} ({str(error)[:300]})") from error
    finally:
        logging.disable(logging.NOTSET)
    preprocessing = asdict(open_clip.transform.PreprocessCfg())
    preprocessing |= open_clip.get_model_preprocess_cfg(pair)
    wanted = {key: published[key] for key in preprocessing if published.get(key) is not None}
    return pair, dict(config["text_cfg"]), preprocessing | wanted


def _config(model: str, open_clip: Any) -> Facts:
    if not Path(model).is_dir():
        found = open_clip.get_model_config(model)
        if found is None:
            raise RecipeError(f"open_clip has no architecture {model!r}")
        return dict(found)
    path = Path(model, "open_clip_config.json")
    try:
        return dict(json.loads(path.read_text("utf-8"))["model_cfg"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecipeError(f"{path} is no configuration of open_clip ({error})") from error


def load_weights(pair: Any, path: Path) -> None:
    """Put the weights of a file into the pair.

    Raises:
        RecipeError: they are not those of this architecture.
    """
    from open_clip.convert import convert_state_dict
    from open_clip.model import convert_to_custom_text_state_dict

    state = weights.load(path)
    state = state.get("state_dict", state) if isinstance(state, dict) else state
    try:
        state = {key.removeprefix("module."): value for key, value in state.items()}
        state = convert_state_dict(pair, state)
        if "positional_embedding" in state and not hasattr(pair, "positional_embedding"):
            state = convert_to_custom_text_state_dict(state)
        for name in ("logit_scale", "logit_bias"):
            if name in state and getattr(pair, name) is not None:
                state[name] = state[name].reshape(getattr(pair, name).shape)
        pair.load_state_dict(state)
    except (RuntimeError, AttributeError, KeyError) as error:
        what = " ".join(str(error).split())[:200]
        raise RecipeError(f"{path} is not for this architecture ({what} …)") from error
