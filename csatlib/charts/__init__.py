"""Draws a table that already holds the answer, in Chinese, legible on a telephone."""

from csatlib.charts.actions import action_plan, burn_down, followup_bars
from csatlib.charts.distributions import distribution_bars
from csatlib.charts.drivers import importance_dots, priority_matrix
from csatlib.charts.gaps import gap_dots
from csatlib.charts.interviews import saturation_curve, topic_heatmap
from csatlib.charts.ranks import dimension_bars, group_bars, keyword_bars
from csatlib.charts.style import ACCENT, font_path, to_svg, use_style
from csatlib.charts.themes import theme_bars
from csatlib.charts.trends import trend_lines
from csatlib.charts.units import funnel, unit_ranks
from csatlib.charts.words import keyness_dots, word_cloud

__all__ = [
    "ACCENT",
    "action_plan",
    "burn_down",
    "dimension_bars",
    "distribution_bars",
    "followup_bars",
    "font_path",
    "funnel",
    "gap_dots",
    "group_bars",
    "importance_dots",
    "keyness_dots",
    "keyword_bars",
    "priority_matrix",
    "saturation_curve",
    "theme_bars",
    "to_svg",
    "topic_heatmap",
    "trend_lines",
    "unit_ranks",
    "use_style",
    "word_cloud",
]
