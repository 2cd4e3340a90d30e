"""Small worlds that several tests look at."""

import pytest

from pipeline.contract import load_contract
from pipeline.worlds import EASY, KEPT, MESSY, invent_world

SETTINGS = {"easy": EASY, "kept": KEPT, "messy": MESSY}


@pytest.fixture(scope="session")
def contract():
    return load_contract()


@pytest.fixture(scope="session", params=SETTINGS)
def world(request, contract):
    return invent_world(SETTINGS[request.param], reports=2500, seed=11, contract=contract)


@pytest.fixture(scope="session")
def messy(contract):
    return invent_world(MESSY, reports=5000, seed=12, contract=contract)
