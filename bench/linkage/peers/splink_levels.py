"""The comparisons that Splink is given: what someone who knows the forms would write, with m by experience.

Each comparison is a list of levels: SQL condition (None for what is left), how often two reports of one incident
stand there (m), and the column whose frequency counts, if any. The first level is for missing answers.
"""

from typing import Any

SEED = 1
PRIOR_LINKS = 0.24
"""Links expected per report, over the number of reports: the chance of two random reports to be one incident."""

BLOCKING = (("token",), ("district", "service", "first"))
"""The blocks on which EM learns."""

DETERMINISTIC = (("token", "district", "service", "first"), ("district", "office_key", "service", "first"))
"""Rules that hardly err, from which Splink guesses the prior."""

_DAYS = "first_l = last_l and first_r = last_r"
Level = tuple[str | None, float, str | None]

COMPARISONS: dict[str, list[Level]] = {
    "date": [
        ("first_l is null or first_r is null", 0, None),
        (f"{_DAYS} and first_l = first_r", 0.56, None),
        (f"{_DAYS} and abs(first_l - first_r) <= 3", 0.12, None),
        (f"{_DAYS} and abs(first_l - first_r) <= 10", 0.08, None),
        (f"not ({_DAYS}) and first_l <= last_r and first_r <= last_l", 0.19, None),
        (None, 0.05, None),
    ],
    "token": [
        ("token_l is null or token_r is null or token_key_l <> token_key_r", 0, None),
        ("token_l = token_r", 0.93, None),
        ("levenshtein(token_l, token_r) <= 1", 0.03, None),
        (None, 0.04, None),
    ],
    "district": [
        ("district_l is null or district_r is null", 0, None),
        ("district_l = district_r", 0.96, "district"),
        ("state_l = state_r", 0.035, None),
        (None, 0.005, None),
    ],
    "duty_bearer": [
        ("duty_bearer_l is null or duty_bearer_r is null", 0, None),
        ("duty_bearer_l = duty_bearer_r", 0.93, "duty_bearer"),
        ("duty_family_l = duty_family_r", 0.05, None),
        (None, 0.02, None),
    ],
    "service": [
        ("service_l is null or service_r is null", 0, None),
        ("service_l = service_r", 0.88, "service"),
        ("service_family_l = service_family_r", 0.08, None),
        (None, 0.04, None),
    ],
    "kinds": [
        ("incident_kinds_l is null or incident_kinds_r is null", 0, None),
        ("incident_kinds_l = incident_kinds_r", 0.6, None),
        ("len(list_intersect(incident_kinds_l, incident_kinds_r)) > 0", 0.3, None),
        (None, 0.1, None),
    ],
    "office": [
        ("office_key_l is null or office_key_r is null", 0, None),
        ("office_key_l = office_key_r", 0.75, None),
        ("office_number_l = office_number_r or levenshtein(office_key_l, office_key_r) <= 2", 0.15, None),
        (None, 0.1, None),
    ],
    "text": [
        ("words_l is null or words_r is null", 0, None),
        ("len(list_intersect(words_l, words_r)) >= 0.7 * greatest(len(words_l), len(words_r))", 0.4, None),
        ("len(list_intersect(telling_l, telling_r)) >= 2", 0.15, None),
        ("len(list_intersect(telling_l, telling_r)) = 1", 0.1, None),
        ("len(list_intersect(words_l, words_r)) >= 3", 0.1, None),
        ("language_l = language_r", 0.1, None),
        (None, 0.15, None),
    ],
    "numbers": [
        ("coalesce(len(numbers_l), 0) = 0 or coalesce(len(numbers_r), 0) = 0", 0, None),
        ("len(list_intersect(numbers_l, numbers_r)) > 0", 0.75, None),
        (None, 0.25, None),
    ],
    "age": [
        ("age_l is null or age_r is null", 0, None),
        ("age_l = age_r", 0.9, None),
        ("abs(age_l - age_r) = 1", 0.07, None),
        (None, 0.03, None),
    ],
    "gender": [
        ("survivor_gender_l is null or survivor_gender_r is null", 0, None),
        ("survivor_gender_l = survivor_gender_r", 0.98, None),
        (None, 0.02, None),
    ],
    "form": [
        ("trafficking_form_l is null or trafficking_form_r is null", 0, None),
        ("trafficking_form_l = trafficking_form_r", 0.95, None),
        (None, 0.05, None),
    ],
    "grounds": [
        ("grounds_l is null or grounds_r is null", 0, None),
        ("grounds_l = grounds_r", 0.6, None),
        ("len(list_intersect(grounds_l, grounds_r)) > 0", 0.25, None),
        (None, 0.15, None),
    ],
    "visits": [
        ("visits_l is null or visits_r is null", 0, None),
        ("visits_l = visits_r", 0.75, None),
        ("abs(visits_l - visits_r) = 1", 0.15, None),
        (None, 0.1, None),
    ],
    "amount": [
        ("amount_demanded_l is null or amount_demanded_r is null", 0, None),
        ("amount_demanded_l = amount_demanded_r", 0.85, None),
        (None, 0.15, None),
    ],
    "approached": [
        ("approached_l is null or approached_r is null", 0, None),
        ("approached_l = approached_r", 0.75, None),
        ("abs(approached_l - approached_r) <= 3", 0.1, None),
        ("abs(approached_l - approached_r) <= 31", 0.1, None),
        (None, 0.05, None),
    ],
}


def build_comparison(name: str, levels: list[Level], *, fixed: bool) -> dict[str, Any]:
    """Return a comparison as Splink takes it; where m is not fixed, Splink learns it."""
    missing, *rest = levels
    nothing = {"sql_condition": missing[0], "label_for_charts": "missing", "is_null_level": True}
    return {
        "output_column_name": name,
        "comparison_levels": [nothing, *(_build_level(level, fixed=fixed) for level in rest)],
    }


def _build_level(level: Level, *, fixed: bool) -> dict[str, Any]:
    condition, m, frequency = level
    built: dict[str, Any] = {"sql_condition": condition or "ELSE", "label_for_charts": condition or "other"}
    if fixed:
        built |= {"m_probability": m, "fix_m_probability": True}
    if frequency:
        built |= {"tf_adjustment_column": frequency, "tf_adjustment_weight": 1.0}
    return built
