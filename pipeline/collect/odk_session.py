"""Sessions with ODK Central: whoever has logged in may ask for a day, and then logs in anew."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import httpx

from pipeline.collect.addresses import can_be_token
from pipeline.collect.fetching import Answer, JsonClient, RefusedError
from pipeline.collect.rows import read_text

_T = TypeVar("_T")


@dataclass(frozen=True, repr=False)
class Login:
    """Whom ODK Central shall take us for."""

    email: str
    password: str


class OdkSession:
    """Fetches from ODK Central as one user; a session is begun when first needed."""

    def __init__(self, client: JsonClient, login: Login) -> None:
        self.client = client
        self._login = login

    def fetch(
        self, target: str, understand: Callable[[Answer], _T], params: Mapping[str, str] | None = None
    ) -> _T:
        """Fetch as `JsonClient` does; where the session is over, log in once anew."""
        if not self.client.authorized:
            self._log_in()
        try:
            return self.client.fetch(target, understand, params)
        except RefusedError as error:
            if error.status != httpx.codes.UNAUTHORIZED:
                raise
        self._log_in()
        return self.client.fetch(target, understand, params)

    def _log_in(self) -> None:
        self.client.authorize(None)
        body = {"email": self._login.email, "password": self._login.password}
        self.client.authorize(f"Bearer {self.client.fetch('/v1/sessions', _read_token, body=body)}")


def _read_token(answer: Answer) -> str:
    token = read_text(answer["token"])
    if not can_be_token(token):
        raise ValueError
    return token
