"""Case tokens: codes that only a collective can tie to a person, and the digit that shows when one was mistyped.

Collectives make them on the page of `pipeline.forms.case_token`; what it computes is here once more in Python, to
test it against and to check tokens that come in. No secret of a collective ever reaches this program outside of
tests.
"""

import functools
import hashlib
import hmac
import re
import unicodedata

from pipeline.errors import UsageError

ITERATIONS = 600_000
"""Rounds of PBKDF2-HMAC-SHA-256: the least that the OWASP Password Storage Cheat Sheet recommends (2023)."""

LEAST_SECRET = 12
"""Characters that the secret of a collective has at least."""

SALT = "jawabdehi/case-token/v1/"
"""What the code of a collective stands behind when its key is derived."""

HASHED, LENGTH = 32, 33
"""Digits of a token without its check digit and with it; the odd length tells that there is one."""

SIGN_OF = "\nsign"
"""What the sign of a secret is hashed from; no choice has a line break once it is normalised."""

INVISIBLE = r"\u00ad\u034f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
SPACE = r"\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""Insides of character classes. They are lists, since what a class like `\\s` holds differs between languages."""

ZEROS = (
    *(0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66),
    *(0x0660, 0x06F0, 0x1C50, 0xABF0),
)
"""The noughts of the scripts of India; the other digits follow each."""

_LATIN = {zero + digit: str(digit) for zero in ZEROS for digit in range(10)}


def make_token(choice: str, secret: str, collective: str) -> str:
    """Return the case token of what a collective chose for a person: 33 hexadecimal digits, the last a check.

    `collective` is the collective's code. Raises UsageError where the secret is too short or the choice is blank.
    """
    chosen = normalise(choice)
    if not chosen:
        raise UsageError("Give what was chosen for the person; a token cannot be made of nothing.")
    digits = _sign(_derive_key(secret, collective), chosen)[:HASHED]
    return digits + _check_digit(digits)


def make_sign(secret: str, collective: str) -> str:
    """Return two hexadecimal digits by which a collective sees that its secret was typed as always.

    Raises UsageError where the secret is too short.
    """
    return _sign(_derive_key(secret, collective), SIGN_OF)[:2]


def check_token(token: str) -> bool:
    """Tell whether a token has 33 hexadecimal digits of which the last fits the others.

    Case, spaces, hyphens and the script of its digits do not matter, as it may be typed from paper. One wrong digit,
    and two neighbours that changed places, never pass.
    """
    digits = normalise(token).replace(" ", "").replace("-", "").upper()
    return re.fullmatch(f"[0-9A-F]{{{LENGTH}}}", digits) is not None and _check_digit(digits) == "0"


def normalise(text: str) -> str:
    """Return `text` as tokens are made of it: the same for whatever a reader takes for the same.

    Unicode's NFKC without invisible characters, in small letters, digits as ASCII, single spaces between words. Case
    is folded by way of capital letters, character by character, since browsers know no other folding.
    """
    plain = unicodedata.normalize("NFKC", re.sub(f"[{INVISIBLE}]", "", text))
    folded = unicodedata.normalize("NFKC", "".join(map(_fold, plain)))
    return re.sub(f"[{SPACE}]+", " ", folded.translate(_LATIN)).strip(" ")


def _fold(character: str) -> str:
    return character.lower().upper().lower()


def _derive_key(secret: str, collective: str) -> bytes:
    typed = normalise(secret)
    if len(typed) < LEAST_SECRET:
        raise UsageError(f"Give a secret of at least {LEAST_SECRET} characters.")
    salt = f"{SALT}{collective}".encode()
    return hashlib.pbkdf2_hmac("sha256", typed.encode(), salt, ITERATIONS, dklen=32)


def _sign(key: bytes, message: str) -> str:
    return hmac.digest(key, message.encode(), "sha256").hex().upper()


def _check_digit(digits: str) -> str:
    """Return the digit that Damm's scheme puts behind `digits`; it is 0 where they end in their check.

    The quasigroup is 2(x + y) over the field of 16 elements modulo x^4 + x + 1 (H. M. Damm, Total anti-symmetrische
    Quasigruppen, 2004, example 5.2). It finds each single error and each swap of neighbours. The hybrid systems of
    ISO/IEC 7064 do not: with 16 digits one swap in 120 passes.
    """
    return f"{functools.reduce(_combine, (int(digit, 16) for digit in digits), 0):X}"


def _combine(state: int, digit: int) -> int:
    doubled = (state ^ digit) << 1
    return doubled ^ 0b10011 if doubled > 15 else doubled
