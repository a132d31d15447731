"""Many indicators into one judgement, and watching it over time."""

from csatlib.evaluation.rank_sum import RankSum, rank_sum_ratio

__all__ = ["RankSum", "rank_sum_ratio"]
