"""Forms that only the desk's own pages can send: each carries a token that is bound to its member."""

from typing import Annotated

from fastapi import Form, HTTPException, Request, status
from itsdangerous import BadSignature, URLSafeTimedSerializer

from pipeline.desk.gate import Member

_HOURS = 12
_STALE = "This page was open for too long, or the form came from elsewhere: open the page again."


class FormSeal:
    """Makes and checks the tokens of forms under a key of this installation."""

    def __init__(self, key: str) -> None:
        self._serializer = URLSafeTimedSerializer(key, salt="jawabdehi desk")

    def make(self, member: Member) -> str:
        """Return a token for the forms of one member."""
        return str(self._serializer.dumps(member.name))

    def fits(self, token: str, member: Member) -> bool:
        """Tell whether a token was made for this member, and not too long ago."""
        try:
            return bool(self._serializer.loads(token, max_age=_HOURS * 3600) == member.name)
        except BadSignature:
            return False


def check_form(request: Request, member: Member, token: str) -> None:
    """Raise HTTPException with status 403 where a form is not from a page of this member."""
    seal: FormSeal = request.app.state.seal
    # Browsers say where a form comes from; tokens are for all others too.
    comes_from = request.headers.get("sec-fetch-site", "same-origin")
    if comes_from not in {"same-origin", "none"} or not seal.fits(token, member):
        raise HTTPException(status.HTTP_403_FORBIDDEN, _STALE)


Token = Annotated[str, Form(min_length=1, max_length=1_000)]
