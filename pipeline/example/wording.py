"""How tellings are written down: cells as people fill them, column by column, before any mistake."""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from pipeline.example.chance import Numbers, falling_weights
from pipeline.example.habits import Habit, load_answers, load_kinds, load_matters, native_digits
from pipeline.example.narratives import narrate
from pipeline.example.offices import name_offices
from pipeline.example.spelling import choose_words, list_spellings
from pipeline.example.world import NOTHING, World

_TOKENS = 0.72
_NATIVE_DIGIT_ROWS = 0.25
_OTHER_STATE_NAMES = 0.6
_OTHER_DISTRICT_NAMES = 0.4
_TELLINGS_A_RECORDER = 40
_WITH_DIGITS = (
    "recorded_on",
    "incident_date",
    "first_approached_on",
    "resolved_on",
    "visits",
    "times_recounted",
    "amount_demanded",
)


class Writer:
    """Writes the cells of one collective's tellings.

    `languages` are the places in LANGUAGES in which each telling's free text is written.
    """

    def __init__(self, world: World, habit: Habit, told: pl.DataFrame, languages: Numbers) -> None:
        self._world, self._habit, self._told, self._languages = world, habit, told, languages
        self._chance = world.chance.branch("wording", habit.collective)

    def write(self) -> pl.DataFrame:
        """Return all columns of the contract as text, null where blank, one row a telling."""
        written = self._answers() | self._what() | self._when() | self._numbers() | self._who()
        told, languages = self._told, self._languages
        written["office"] = name_offices(self._chance.branch("office"), told, languages, self._world.places)
        written["narrative"] = narrate(self._chance.branch("narrative"), told, languages)
        return self._in_native_digits(
            pl.DataFrame({name: written[name] for name in self._world.contract.fields})
        )

    def _numbers_of(self, name: str) -> Numbers:
        return self._told[name].to_numpy()

    def _spell(self, field: str, codes: Sequence[str], numbers: Numbers) -> pl.Series:
        spellings = list_spellings(self._world.contract.codes_of(field), codes, label_first=False)
        return spellings.write(self._chance.branch(field), numbers, self._habit.label_share)

    def _answers(self) -> dict[str, pl.Series]:
        answers, count = load_answers(), self._told.height
        asked = set(answers) & set(self._told.columns)
        written = {
            field: self._spell(field, answers[field].codes, self._numbers_of(field))
            for field in sorted(asked)
        }
        action = self._chance.branch("action").pick(answers["action"].weights, count)
        child = self._numbers_of("survivor_age_band") == answers["survivor_age_band"].codes.index("under_18")
        return written | {
            "action": choose_words(answers["action"].codes, action),
            "consent_statistics": self._spell("consent_statistics", ["yes"], np.zeros(count, dtype=np.int64)),
            "guardian_consent": self._spell("guardian_consent", ["yes"], np.where(child, 0, NOTHING)),
            "grounds": self._join(answers["grounds"].codes, ("ground_1", "ground_2")),
        }

    def _what(self) -> dict[str, pl.Series]:
        matters, matter = load_matters(), self._numbers_of("matter")
        district = self._numbers_of("district")
        chance, places = self._chance, self._world.places
        return {
            "state": places.state_spellings.write(
                chance.branch("state"), places.state_of[district], _OTHER_STATE_NAMES
            ),
            "district": places.district_spellings.write(
                chance.branch("district"), district, _OTHER_DISTRICT_NAMES
            ),
            "duty_bearer": self._spell("duty_bearer", [asked.duty_bearer for asked in matters], matter),
            "service": self._spell("service", [asked.service for asked in matters], matter),
            "incident_kinds": self._join(load_kinds(), ("kind_1", "kind_2", "kind_3")),
        }

    def _join(self, codes: Sequence[str], columns: Sequence[str]) -> pl.Series:
        """Write several codes into one cell with separators that the contract allows."""
        separators = choose_words(
            [";", " ", "|", "; "], self._chance.branch(columns[0]).below(4, self._told.height)
        )
        whole = choose_words(codes, self._numbers_of(columns[0]))
        for column in columns[1:]:
            frame = pl.DataFrame(
                {"whole": whole, "by": separators, "next": choose_words(codes, self._numbers_of(column))}
            )
            added = pl.concat_str("whole", "by", "next")
            whole = frame.select(
                pl.when(pl.col("next") != pl.col("whole")).then(added).otherwise("whole").alias("whole")
            )["whole"]
        return whole

    def _when(self) -> dict[str, pl.Series]:
        days = self._told.select(
            recorded_on=_write_day("recorded"),
            incident_date=pl.when("day_known")
            .then(_write_day("happened"))
            .otherwise(_write_day("happened", "%Y-%m")),
            first_approached_on=_write_day("approached"),
            resolved_on=_write_day("resolved"),
        )
        return days.to_dict()

    def _numbers(self) -> dict[str, pl.Series]:
        columns = [pl.col(name) for name in ("visits", "times_recounted", "amount_demanded")]
        return self._told.select(pl.when(c > NOTHING).then(c.cast(pl.String)) for c in columns).to_dict()

    def _who(self) -> dict[str, pl.Series]:
        count = self._told.height
        recorders = 1 + count // _TELLINGS_A_RECORDER
        recorder = self._chance.branch("recorder").pick(falling_weights(recorders), count)
        with_token = self._chance.branch("token").happens(_TOKENS, count)
        tokens = self._case_tokens()
        year_and_month = self._world.month.key[2:].replace("-", "")
        number = (self._told["telling"] + 1).cast(pl.String).str.zfill(6)
        return {
            "report_id": f"EX-{year_and_month}-" + number,
            "recorder": choose_words([f"R{number:02}" for number in range(1, recorders + 1)], recorder),
            "case_token": pl.DataFrame({"token": tokens, "known": with_token}).select(
                pl.when("known").then("token")
            )["token"],
        }

    def _case_tokens(self) -> pl.Series:
        """Return the keyed hash of each person, as the collective would make it with a key of its own."""
        key = hashlib.sha256(repr(self._chance.keys).encode()).digest()
        people = self._told["person"].unique().sort()
        tokens = {
            person: hashlib.blake2b(
                f"{self._world.month.key}/{person}".encode(), digest_size=16, key=key
            ).hexdigest()
            for person in people
        }
        return choose_words(list(tokens.values()), people.search_sorted(self._told["person"]).to_numpy())

    def _in_native_digits(self, frame: pl.DataFrame) -> pl.DataFrame:
        digits: Mapping[str, str] = native_digits(self._habit.digits)
        native = pl.Series(self._chance.branch("digits").happens(_NATIVE_DIGIT_ROWS, frame.height))
        return frame.with_columns(
            pl.when(native).then(pl.col(name).str.replace_many(digits)).otherwise(name).alias(name)
            for name in _WITH_DIGITS
        )


def _write_day(column: str, pattern: str = "%Y-%m-%d") -> pl.Expr:
    return pl.when(pl.col(column) > NOTHING).then(pl.from_epoch(column, time_unit="d").dt.to_string(pattern))
