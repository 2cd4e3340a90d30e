"""Free text as features: which office, and what a narrative says that few others say."""

from collections.abc import Sequence

import polars as pl

from pipeline.contract import CodeList
from pipeline.link.words import LEAST_SKELETON, office_nouns, romanize, skeleton

TELLING_BITS = 8.5
"""A word is telling when it stands in so few narratives of its month that sharing it is worth this many bits."""

HINTING_BITS = 5.5
"""A word that is shared by chance more often, but still seldom."""

LEAST_WORDS = 4
"""A shorter narrative says nothing that could be compared."""

_UNSEEN_NARRATIVES = 300
"""Assumed beside the narratives of a month, so that in a small month no word counts as rare."""

_MOST_WORDS = 200
_LONGEST_NUMBER = 6
_SCRIPTS = {"bn": "Bengali", "hi": "Devanagari", "or": "Oriya", "ta": "Tamil", "te": "Telugu"}
_LANGUAGES = ("en", *_SCRIPTS)
_NUMBER = "^[0-9]+$"
_LISTS = ("words", "telling", "hinting", "numbers")
_OF_NARRATIVES = ("word", "is_word", "is_long", "number", "script")
_BITS = 62


def describe_offices(reports: pl.DataFrame, districts: CodeList) -> pl.DataFrame:
    """Return for each of `reports` which office is meant, whatever its spelling and script.

    `office_number` is the last number written, `office_name` the skeletons of the words that are neither a kind
    of office nor the district's name, sorted and joined by a space; null where there is none.
    """
    distinct = reports.select("office", "district").unique().drop_nulls("office").with_row_index("office_id")
    words = _split(distinct, "office", "office_id", ("part", "skeleton", "is_word", "number")).join(
        _place_names(distinct, districts), on=["office_id", "skeleton"], how="anti"
    )
    identifies = pl.col("is_word") & ~pl.col("part").is_in(office_nouns()) & (pl.col("skeleton") != "")
    identified = words.group_by("office_id").agg(
        office_number=pl.col("number").drop_nulls().last(),
        name=pl.col("skeleton").filter(identifies).unique().sort(),
    )
    named = distinct.join(identified, on="office_id", how="left").select(
        "office",
        "district",
        "office_number",
        office_name=pl.when(pl.col("name").list.len() > 0).then(pl.col("name").list.join(" ")),
    )
    return (
        reports.select("office", "district")
        .join(named, on=["office", "district"], how="left", nulls_equal=True, maintain_order="left")
        .select("office_number", "office_name")
    )


def describe_narratives(reports: pl.DataFrame) -> pl.DataFrame:
    """Return what the narrative of each of `reports` can be recognized by; null where it has too few words.

    `text` is a number for the whole text without its numbers, `words` numbers for its words, `telling` and
    `hinting` those of them that few narratives of the month have (`hinting` holds the telling ones, too),
    `numbers` the distinct numbers written, `language` that of the script. Of each list, `<name>_sketch` has a bit
    for every member: lists whose sketches share no bit share no member, which is soon seen.
    """
    keyed = reports.select("month", "narrative").with_row_index("place")
    # In the order of the places, which makes gathering them again quick.
    parts = _split(keyed.drop_nulls("narrative"), "narrative", "place", _OF_NARRATIVES).with_columns(
        pl.col("place").set_sorted()
    )
    word = pl.when("is_word").then("word").otherwise(0)
    whole = parts.group_by("place").agg(
        # The sum of words by their odd places differs where the words or their order do.
        text=(word * (2 * pl.int_range(pl.len()) + 1)).sum(),
        length=pl.col("is_word").sum(),
        language=pl.col("script").max().replace_strict(range(len(_LANGUAGES)), _LANGUAGES),
    )
    words = parts.filter("is_long").select("place", "word").unique()
    numbers = (
        parts.select("place", "number")
        .drop_nulls()
        .unique()
        .group_by("place")
        .agg(numbers=pl.col("number").sort(), numbers_sketch=_sketch(pl.col("number")))
    )
    described = keyed.select("place")
    for found in (whole, _weigh_words(words, keyed.select("place", "month")), numbers):
        described = described.join(found, on="place", how="left", maintain_order="left")
    told = ("text", *_LISTS, *(f"{name}_sketch" for name in _LISTS), "language")
    long_enough = pl.col("length") >= LEAST_WORDS
    return described.select(pl.when(long_enough).then(pl.col(name)).alias(name) for name in told)


def _split(texts: pl.DataFrame, column: str, key: str, keep: Sequence[str]) -> pl.DataFrame:
    """Return one line a word or number of `column`, in the order of the text: the key, and of the following `keep`.

    `part` is how it is romanized, `skeleton` the skeleton of that, `word` a number for the skeleton. `is_word` tells
    a word from a number, `is_long` whether its skeleton is long enough to be compared, `number` is the number where
    it is no longer than one may be, `script` the place of its script's language. Of a text, the first words are
    taken. Every distinct written word is looked at once.
    """
    # Whatever else separates words is found within what stands between blanks.
    split = pl.col(column).str.split(" ").list.head(_MOST_WORDS)
    written = texts.select(key, written=split).explode("written")
    known = written.select(pl.col("written").unique()).drop_nulls()
    short_number = pl.col("part").str.len_chars() <= _LONGEST_NUMBER
    vocabulary = (
        known.with_columns(part=romanize(pl.col("written")).str.extract_all("[a-z]+|[0-9]+"))
        .explode("part")
        .drop_nulls("part")
        .with_columns(
            skeleton=skeleton(pl.col("part")), is_word=~pl.col("part").str.contains(_NUMBER), script=_script()
        )
        .with_columns(
            word=pl.col("skeleton").hash(seed=0).reinterpret(signed=True),
            is_long=pl.col("is_word") & (pl.col("skeleton").str.len_chars() >= LEAST_SKELETON),
            number=pl.when(~pl.col("is_word") & short_number).then("part").cast(pl.Int64, strict=False),
        )
    )
    return written.join(vocabulary.select("written", *keep), on="written", maintain_order="left").drop(
        "written"
    )


def _weigh_words(words: pl.DataFrame, months: pl.DataFrame) -> pl.DataFrame:
    """Return the words of each narrative by how many bits it is worth to share them: log2(narratives / with it)."""
    placed = words.join(months, on="place")
    narratives = placed.group_by("month").agg(narratives=pl.col("place").n_unique())
    bits = ((pl.col("narratives") + _UNSEEN_NARRATIVES) / pl.len().over("month", "word")).log(2)
    weighed = placed.join(narratives, on="month").select("place", "word", bits=bits)
    kept = {
        "words": pl.col("word").sort(),
        "telling": pl.col("word").filter(pl.col("bits") >= TELLING_BITS).sort(),
        "hinting": pl.col("word").filter(pl.col("bits") >= HINTING_BITS).sort(),
    }
    return weighed.group_by("place").agg(
        **kept, **{f"{name}_sketch": _sketch(members) for name, members in kept.items()}
    )


def _sketch(members: pl.Expr) -> pl.Expr:
    """Return the bits of `members` together, 0 where there are none."""
    # Powers of two are exact as floating-point numbers.
    return pl.lit(2.0).pow(members % _BITS).cast(pl.Int64).bitwise_or().fill_null(0)


def _script() -> pl.Expr:
    """Return the place in _LANGUAGES of the script in which a word is written."""
    found = pl.lit(0)
    for place, script in enumerate(_SCRIPTS.values(), start=1):
        found = pl.when(pl.col("written").str.contains(rf"\p{{{script}}}")).then(place).otherwise(found)
    return found


def _place_names(offices: pl.DataFrame, districts: CodeList) -> pl.DataFrame:
    """Return the skeletons of the names of each office's district."""
    names = [
        (code.code, spelling)
        for code in districts.codes.values()
        for spelling in (code.label, *code.spellings)
    ]
    spelled = pl.DataFrame(
        names, schema={"district": pl.String, "name": pl.String}, orient="row"
    ).with_row_index("name_id")
    words = _split(spelled, "name", "name_id", ("skeleton",)).join(
        spelled.select("name_id", "district"), on="name_id"
    )
    return (
        offices.select("office_id", "district")
        .join(words, on="district")
        .select("office_id", "skeleton")
        .unique()
    )
