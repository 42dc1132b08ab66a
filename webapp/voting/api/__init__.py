"""The JSON face of joining and voting."""

from webapp.voting.api import answering, casting, results
from webapp.voting.api.face import api

__all__ = ["answering", "api", "casting", "results"]
