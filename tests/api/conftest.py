import pytest
from flask import Flask

from tests import factories
from tests.programs import Program
from webapp.models import User


@pytest.fixture
def program(app: Flask) -> Program:
    """A program without a token."""
    return Program(app)


@pytest.fixture
def other_program(app: Flask) -> Program:
    """Another program, elsewhere."""
    return Program(app, "198.51.100.4")


@pytest.fixture
def ana(app: Flask) -> User:
    return factories.an_account("Ana", email="ana@example.org")
