"""Each planted defect of materials, textures, skins, size and budgets raises its codes."""

import numpy as np
import pytest
from evaluate_mesh_materials import CODES, found_in, policies
from material_parts import Plant
from material_plants import DEFECTS
from material_sound import SOUND

from gencheck.mesh import budgets, extent, materials, rigging, textures
from gencheck.policy import Policy

KINDS = [*((plant, frozenset[str]()) for plant in SOUND), *DEFECTS]


@pytest.fixture(scope="module")
def minding() -> list[Policy]:
    return policies()


@pytest.mark.parametrize(("plant", "expected"), KINDS, ids=[plant.__name__ for plant, _ in KINDS])
def test_what_was_planted_is_found_and_nothing_else(
    plant: Plant, expected: frozenset[str], minding: list[Policy]
) -> None:
    assert found_in(plant(np.random.default_rng(1)).glb(), minding) == expected


def test_every_code_of_documents_is_planted() -> None:
    rooms = (budgets, extent, materials, rigging, textures)
    assert {code for room in rooms for code in room._METHODS} == CODES
