"""Columns of text: regular expressions of Polars find the few that may hold something, each of them is then judged.

Every distinct value is looked at once. On clean reports next to nothing but regular expressions runs. Whatever goes
wrong in judging a text holds that text back.
"""

import functools
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import polars as pl

from pipeline.screening.folding import fold, fold_small, lay_bare, lower, mask_public
from pipeline.screening.looks import Look
from pipeline.screening.verdicts import CODE_CANDIDATE, LOOKS, judge_code, judge_text

_HEX_VALUE = r"^(?:[0-9A-Fa-f]{16,128}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$"
_BARE_NUMBER = r"^[0-9\s.-]{1,36}$"
_LONGEST_NUMBER_TOKEN = 18
_PART = 10_000
_FOUND = {"text": pl.String, "rule": pl.String}
UNJUDGED = "not_screened"
"""The rule of a text that could not be judged: it is held, since nobody knows what is in it."""


def find_personal_data(texts: pl.Series, *, free_text: bool) -> pl.DataFrame:
    """Find the distinct values of `texts` that hold personal data.

    Returns a frame with `text` (a value as it stands in `texts`) and `rule`, one row a rule it breaks. Free
    text is also searched for numbers that only their grouping or the words before them give away.
    """
    distinct = texts.drop_nulls().unique().alias("text")
    parts = [distinct.slice(start, _PART) for start in range(0, len(distinct), _PART)]
    find = _find_in_text if free_text else _find_in_codes
    if len(parts) < 2:
        found = [find(part) for part in parts]
    else:
        with ThreadPoolExecutor(max_workers=pl.thread_pool_size()) as pool:
            found = list(pool.map(find, parts))
    return pl.concat([pl.DataFrame(schema=_FOUND), *found])


def holds_personal_data(texts: pl.Series) -> pl.Series:
    """Tell for each text whether it holds personal data; null does not."""
    found = find_personal_data(texts, free_text=True)
    return texts.is_in(found["text"].unique().implode()).fill_null(value=False)


def find_number_tokens(tokens: pl.Series) -> pl.DataFrame:
    """Find the case tokens that are nothing but up to 18 digits, as phone and identity numbers are.

    Returns `text` and `rule` as `find_personal_data` does.
    """
    distinct = tokens.drop_nulls().unique().alias("text").to_frame()
    distinct = distinct.with_columns(plain=fold(distinct["text"]))
    digits = pl.col("plain").str.count_matches("[0-9]")
    bare = pl.col("plain").str.contains(_BARE_NUMBER) & digits.is_between(1, _LONGEST_NUMBER_TOKEN)
    return distinct.filter(bare).select("text", rule=pl.lit("personal_token"))


def _find_in_text(texts: pl.Series) -> pl.DataFrame:
    seen = _look_through(texts)
    some = _any(seen)
    texts = texts.filter(some)
    folded = fold(texts)
    plain = mask_public(folded)
    seen = _confirm(seen.filter(some), lower(plain))
    few = _any(seen) & ~_is_hex(folded)
    judged = zip(texts.filter(few), plain.filter(few), _name_families(seen.filter(few)), strict=True)
    return _gather((text, functools.partial(judge_text, masked, names)) for text, masked, names in judged)


def _look_through(texts: pl.Series) -> pl.DataFrame:
    """Return for each look, named by its place, which texts it finds."""
    words = fold_small(texts)
    bare = mask_public(lay_bare(words))
    return pl.DataFrame({"words": words, "bare": bare}).select(
        pl.col("words" if look.on_words else "bare").str.contains(look.pattern).alias(str(place))
        for place, (_, look) in enumerate(_looks())
    )


def _confirm(seen: pl.DataFrame, words: pl.Series) -> pl.DataFrame:
    """Return what was seen without what is not confirmed on the words."""
    confirmed = {}
    for place, (_, look) in enumerate(_looks()):
        found = seen[str(place)]
        if look.then and found.any():
            some = words.filter(found).to_frame("words")
            then = some.select(then=pl.any_horizontal(pl.col("words").str.contains(one) for one in look.then))
            found = found.scatter(found.arg_true(), then["then"])
        confirmed[str(place)] = found
    return pl.DataFrame(confirmed)


def _name_families(seen: pl.DataFrame) -> list[set[str]]:
    families = [family for family, _ in _looks()]
    return [{family for family, flag in zip(families, row, strict=True) if flag} for row in seen.iter_rows()]


def _any(flags: pl.DataFrame) -> pl.Series:
    return flags.select(any=pl.any_horizontal(pl.all()))["any"]


def _find_in_codes(texts: pl.Series) -> pl.DataFrame:
    plain = fold(texts)
    some = plain.str.contains(CODE_CANDIDATE) & ~_is_hex(plain)
    judged = zip(texts.filter(some), plain.filter(some), strict=True)
    return _gather((text, functools.partial(judge_code, plain)) for text, plain in judged)


def _gather(judged: Iterable[tuple[str, Callable[[], set[str]]]]) -> pl.DataFrame:
    found = [(text, rule) for text, judge in judged for rule in sorted(_judge_safely(judge))]
    return pl.DataFrame(found, schema=_FOUND, orient="row")


def _judge_safely(judge: Callable[[], set[str]]) -> set[str]:
    try:
        return judge()
    except Exception:  # noqa: BLE001 (whatever it is: the text is held, and no message may carry it on)
        return {UNJUDGED}


def _is_hex(plain: pl.Series) -> pl.Series:
    """Tell values that are a hexadecimal token and nothing else."""
    return plain.str.contains(_HEX_VALUE) & plain.str.contains("[A-Fa-f]")


@functools.cache
def _looks() -> tuple[tuple[str, Look], ...]:
    """Return looks with the families they are for, those of a family that go through the same text made into one.

    One pass with a longer pattern takes a fraction of the time of several passes.
    """
    joined: dict[tuple[str, bool, tuple[str, ...]], list[str]] = {}
    for family, looks in LOOKS.items():
        for look in looks():
            joined.setdefault((family, look.on_words, look.then), []).append(look.pattern)
    return tuple(
        (family, Look("|".join(patterns), on_words, then))
        for (family, on_words, then), patterns in joined.items()
    )
