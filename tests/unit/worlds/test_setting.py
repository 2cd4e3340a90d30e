"""Settings: every rate has its three numbers, and drawn ones lie around them."""

import dataclasses

import pytest

from pipeline.worlds import EASY, KEPT, MESSY, Setting, draw_setting, mix_settings

RATES = [field.name for field in dataclasses.fields(Setting)]
COUNTS = {"reports_an_office", "reports_a_district", "reports_a_writer"}


@pytest.mark.parametrize("setting", [EASY, KEPT, MESSY, *(draw_setting(seed) for seed in range(20))])
def test_rates_are_shares_and_densities_are_positive(setting):
    for rate in RATES:
        value = getattr(setting, rate)
        assert value > 0 if rate in COUNTS else 0 <= value <= 1, rate


def test_a_seed_draws_the_same_setting_again_and_others_differ():
    assert draw_setting(3) == draw_setting(3)
    assert draw_setting(3) != draw_setting(4)


def test_drawn_rates_go_their_own_ways_and_a_bit_beyond_the_named_settings():
    drawn = [draw_setting(seed) for seed in range(60)]
    months = [setting.month_only for setting in drawn]
    assert min(months) < EASY.month_only
    assert max(months) > MESSY.month_only
    ranks = [sorted(drawn, key=lambda s, r=r: getattr(s, r)) for r in ("month_only", "group_visits")]
    assert ranks[0] != ranks[1]


def test_settings_are_mixed_by_share():
    assert mix_settings(EASY, MESSY, 0.0) == EASY
    half = mix_settings(EASY, MESSY, 0.5)
    assert half.day_off == pytest.approx((EASY.day_off + MESSY.day_off) / 2)
