"""Recipes: how official weights become models that Triton and the embedded backend serve.

A recipe is a module here with two functions, :func:`add_arguments` and :func:`make`, and a line in
``__main__.RECIPES``. It loads weights without unpickling foreign code (:mod:`recipes.weights`),
exports them (:mod:`recipes.export`, which holds torch to ONNX Runtime), and returns
:class:`recipes.model.Model` s, which :mod:`recipes.pack` writes in Triton's layout.

Recipes run in ``.venv-models`` (``make model RECIPE=NAME ARGS='…'``), never where gencheck serves.
They do not import gencheck.
"""
