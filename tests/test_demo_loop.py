"""What is planted to close the loop is really in the files and registers, as `truth` tells it."""

import csv
import io
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pytest

from csatlib import actions, demo, store, study
from csatlib.demo import indicators, measures, training
from csatlib.demo.following import FOLLOWING, filled_in
from csatlib.demo.names import STAFF_TEAMS
from csatlib.demo.staff import roster
from csatlib.demo.tickets import TEAMS
from csatlib.demo.undertakings import UNDERTAKINGS
from csatlib.demo.wave import wave

REPOSITORY = Path(__file__).parents[1]
LINES = ("hotline", "ops_event", "ops_company")
QUARTERS = ("2026Q1", "2026Q2", "2026Q3")
LAST_DAYS = dict(zip(QUARTERS, ("2026-03-31", "2026-06-30", "2026-09-30"), strict=True))


def rows(quarter, folder, name):
    text = (REPOSITORY / "data/raw" / quarter / folder / name).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def answers(line, quarter, item, seed=0):
    """Give the valid answers to an item and the people who gave them."""
    source = wave(line, quarter, seed)
    places = measures._valid(source)
    return source.scores[item][places].astype(float), [source.persons[i] for i in places]


def apart(seed=0):
    """Give the network team's change less the others', and its standard error."""
    parts = []
    for quarter in ("2026Q3", "2026Q2"):
        scores, people = answers("ops_event", quarter, "response_speed", seed)
        inside = np.array([person.team == "网络组" for person in people])
        parts += [scores[inside], scores[~inside]]
    now, others_now, before, others_before = parts
    change = now.mean() - before.mean() - (others_now.mean() - others_before.mean())
    return change, np.sqrt(sum(part.var(ddof=1) / len(part) for part in parts))


class TestWhetherMeasuresWorked:
    def test_the_one_that_works_is_seen_beside_the_other_teams(self, truth):
        told = truth["measures"]["ops_event"]["SJ-2026Q2-01"]
        assert told["verdict"] == "effective"
        assert told["effect"]["2026Q3"] > told["goal"]
        assert told["plain"]["2026Q3"]["difference"] == pytest.approx(
            told["effect"]["2026Q3"], abs=0.1
        )
        change, error = apart()
        assert abs(change - told["plain"]["2026Q3"]["difference"]) < 3 * error
        assert change > 2.6 * error

    def test_another_seed_shows_it_too(self):
        found = [apart(seed) for seed in range(1, 7)]
        assert sum(change > 1.96 * error for change, error in found) >= 5

    def test_every_effect_but_one_is_none(self, truth):
        for by_action in truth["measures"].values():
            for action, told in by_action.items():
                added = set(told["effect"].values())
                assert added == {0.0} or action == "SJ-2026Q2-01", action

    def test_the_one_that_does_nothing_excludes_its_goal(self, truth):
        told = truth["measures"]["hotline"]["RX-2026Q2-01"]
        assert (told["verdict"], told["scope"]) == ("short", "")
        assert told["plain"]["2026Q3"] == {"reached": pytest.approx(0, abs=0.005)}
        (now, _), (before, _) = (answers("hotline", q, "expertise") for q in ("2026Q3", "2026Q2"))
        error = np.sqrt(now.var() / len(now) + before.var() / len(before))
        assert now.mean() - before.mean() + 2.6 * error < told["goal"]

    def test_low_scorers_come_back_by_themselves_as_far_as_told(self, truth):
        told = truth["measures"]["hotline"]["RX-2026Q2-02"]["asked_again"]
        picked, later = measures.asked_again(0)
        before = wave("hotline", "2026Q2").scores["attitude"][picked]
        assert 60 <= len(picked) <= 90
        assert before.max() <= 3
        moved = later - before
        error = moved.std(ddof=1) / np.sqrt(len(moved))
        assert told["change"] > 0.5
        assert abs(moved.mean() - told["change"]) < 3 * error
        assert moved.mean() > 4 * error, "the return cannot be told from chance"

    def test_those_nobody_called_come_back_as_far(self, truth):
        told = truth["measures"]["hotline"]["RX-2026Q2-02"]["asked_again"]
        first, second = (wave("hotline", q) for q in ("2026Q2", "2026Q3"))
        twice = set(measures._valid(first).tolist()) & set(measures._valid(second).tolist())
        low = [i for i in sorted(twice) if first.scores["attitude"][i] <= 3]
        moved = second.scores["attitude"][low] - first.scores["attitude"][low]
        assert len(low) >= 25
        assert abs(moved.mean() - told["change"]) < 3 * moved.std(ddof=1) / np.sqrt(len(low))

    def test_six_people_are_too_few(self, truth):
        told = truth["measures"]["ops_company"]["GS-2026Q2-01"]
        assert told["verdict"] == "insufficient"
        _, people = answers("ops_company", "2026Q2", "overall")
        assert 4 <= sum(measures.reached(person, told["scope"]) for person in people) <= 6


@pytest.mark.parametrize("line", LINES)
class TestRegisters:
    def test_the_repository_ships_what_undertake_writes(self, line, tmp_path):
        (tmp_path / "studies").mkdir()
        (tmp_path / "studies" / line).symlink_to(REPOSITORY / "studies" / line)
        assert demo.undertake(line, root=tmp_path) == len(UNDERTAKINGS[line])
        for read in (store.actions, store.action_steps, store.rechecks):
            assert read(line, tmp_path).equals(read(line, REPOSITORY)), read.__name__
        for name, words in measures.proofs(line).items():
            shipped = REPOSITORY / "registers" / line / "proofs" / name
            assert shipped.read_text(encoding="utf-8") == words
        before = (tmp_path / "registers" / line / "actions.xlsx").read_bytes()
        assert demo.undertake(line, root=tmp_path) == 0
        assert (tmp_path / "registers" / line / "actions.xlsx").read_bytes() == before

    def test_they_are_read_without_a_fault(self, line):
        owners = study.load(REPOSITORY / "studies" / line).actions.owners
        listed = store.actions(line, REPOSITORY, owners=owners)
        assert set(listed["quarter"]) == {"2026Q1", "2026Q2"}
        assert store.personal_cells(line, REPOSITORY) == ()
        assert store.proofs(line, listed, REPOSITORY)["present"].all()
        assert store.proofs(line, store.action_steps(line, REPOSITORY), REPOSITORY)["present"].all()

    def test_measures_are_smart_but_for_those_nobody_began(self, line):
        known = study.load(REPOSITORY / "studies" / line)
        found = actions.problems(
            store.actions(line, REPOSITORY),
            owners=known.actions.owners,
            today="2026-09-30",
            items=known.items(),
        )
        assert set(found["rule"]) <= {"due_past"}

    def test_every_quarter_has_progress_to_show(self, line):
        listed = store.actions(line, REPOSITORY)
        told = store.action_steps(line, REPOSITORY)
        states = {}
        for quarter, day in LAST_DAYS.items():
            seen = listed[listed["quarter"] <= quarter]
            own = told[told["action_id"].isin(seen["action_id"])]
            found = actions.progress(seen, own, today=day)
            states[quarter] = set(found["state"])
        assert states["2026Q1"] >= {"on_track", "beyond"}
        assert states["2026Q2"] & {"done", "done_late"}
        assert states["2026Q3"] >= {"overdue", "beyond"}
        assert states["2026Q3"] & {"at_risk", "on_track"}

    def test_opinions_are_followed_up_as_told(self, line, truth):
        told = truth["followups"][line]
        log = store.followup_log(line, REPOSITORY)
        assert set(log["quarter"]) == set(QUARTERS)
        early = log[log["received_on"] <= "2026-08-25"]
        late = set(told["by_group"])
        for group, own in early.groupby(early["group"].where(early["group"].isin(late), "others")):
            pace = told["by_group"].get(group, told["others"])
            n = len(own)
            for column, key in (("contacted_on", "contacted"), ("closed_on", "closed")):
                share, seen = pace[key], own[column].notna().mean()
                assert abs(seen - share) < 4 * np.sqrt(share * (1 - share) / n), (group, key)
            waits = (own["closed_on"] - own["received_on"]).dt.days.dropna()
            assert waits.between(*pace["days"]).all(), group

    def test_nothing_is_written_of_what_is_still_to_come(self, line):
        log = store.followup_log(line, REPOSITORY)
        for column in ("contacted_on", "closed_on", "checked_on"):
            assert log[column].dropna().between("2026-01-01", "2026-09-30").all(), column


def test_the_team_that_is_late_is_clearly_late():
    log = store.followup_log("ops_event", REPOSITORY)
    open_late = log["closed_on"].isna() & (log["due"] < "2026-09-30")
    share = ((log["closed_on"] > log["due"]) | open_late).groupby(log["group"]).mean()
    assert set(FOLLOWING["ops_event"].by_group) == {"数据组"}
    assert share["数据组"] > 2 * share.drop("数据组").max()


def test_what_is_written_of_an_opinion_does_not_hang_on_the_others():
    log = store.followup_log("ops_event", REPOSITORY)
    some = log.iloc[::-7].reset_index(drop=True)
    again = filled_in(some, "ops_event")
    for column in ("state", "contacted_on", "closed_on", "corrective"):
        assert again[column].equals(some[column]), column


class TestTickets:
    def times(self, quarter):
        found = []
        for row in rows(quarter, "ops_event", "tickets.csv"):
            moments = (
                datetime.strptime(row[c], "%Y-%m-%d %H:%M") for c in ("提交时间", "关闭时间")
            )
            found.append((*moments, row))
        return found

    def again(self, quarter):
        """Count by the earlier ticket's team what comes back within 14 days of its closing."""
        tickets, found = self.times(quarter), Counter()
        for _, closed, row in tickets:
            found[row["处理班组"]] += any(
                timedelta(0) < opened - closed <= timedelta(days=14)
                and other["客户编号"] == row["客户编号"]
                and other["问题类型"] == row["问题类型"]
                for opened, _, other in tickets
            )
        return found

    def test_problems_come_back_to_one_team_as_often_as_told(self, truth):
        told = truth["rework"]["2026Q3"]
        now, before = self.again("2026Q3"), self.again("2026Q2")
        assert set(truth["rework"]) == {"2026Q3"}
        by_chance = max(before.values())
        assert told["count"] <= now[told["team"]] <= told["count"] + by_chance + 4
        assert max(now[team] for team in TEAMS if team != told["team"]) < told["count"] / 4

    def weekly(self, quarter, stage):
        before = {"接收": "提交时间", "关闭": "反馈时间"}[stage]
        weeks = defaultdict(list)
        for row in rows(quarter, "ops_event", "tickets.csv"):
            start, end = (
                datetime.strptime(row[c], "%Y-%m-%d %H:%M") for c in (before, f"{stage}时间")
            )
            closed = datetime.strptime(row["关闭时间"], "%Y-%m-%d %H:%M").date()
            monday = closed - timedelta(days=closed.weekday())
            weeks[monday.isoformat()].append(np.log((end - start).total_seconds() / 60))
        return {week: np.mean(values) for week, values in sorted(weeks.items())}

    def test_one_week_stands_out_and_a_run_of_weeks_is_slow(self, truth):
        one, run = truth["special_causes"]
        usual = {
            stage: [v for q in QUARTERS[:2] for v in self.weekly(q, stage).values()]
            for stage in ("接收", "关闭")
        }
        receiving = self.weekly("2026Q3", one["stage"])
        bad = receiving.pop(one["first"])
        assert bad > np.mean(usual["接收"]) + np.log(one["factor"]) - 0.3
        assert max(receiving.values()) < np.mean(usual["接收"]) + 0.3
        closing = self.weekly("2026Q3", run["stage"])
        slow = [v for week, v in closing.items() if run["first"] <= week <= run["last"]]
        assert len(slow) == 8
        assert min(slow) > np.mean(usual["关闭"])


@pytest.mark.parametrize("quarter", QUARTERS)
class TestFiguresOfDepartments:
    def test_indicators_scatter_around_what_is_told(self, truth, quarter):
        told = truth["indicators"]
        found = defaultdict(list)
        for row in rows(quarter, "all", "indicators.csv"):
            column, _, team = row["对象"].partition("=")
            assert column == "team"
            assert row["期间"] == quarter or row["期间"].startswith(quarter[:4] + "-")
            if row["数值"]:
                assert int(row["样本量"]) > 0
                found[row["指标"], team].append(float(row["数值"]))
        pairs = {(name, team) for name in told["values"] for team in (*TEAMS, *STAFF_TEAMS)}
        missing = {tuple(told["missing"][:2])} if told["missing"][2] == quarter else set()
        assert set(found) == pairs - missing
        for (name, team), values in found.items():
            one = told["values"][name]
            places = indicators.INDICATORS[name].digits
            error = 4 * one["noise"] / np.sqrt(len(values)) + 10.0**-places
            assert abs(np.mean(values) - one["by_team"][team][quarter]) < error, (name, team)

    def test_training_gains_are_those_told(self, truth, quarter):
        staff = {member.staff_id for member in roster(quarter)}
        sat = defaultdict(list)
        for row in rows(quarter, "all", "training.csv"):
            assert row["工号"] in staff
            assert all(1 <= int(row[c]) <= 5 for c in ("课程满意度", "讲师评分", "方式适配"))
            sat[row["课程"]].append(row)
        told = {name: one for name, one in truth["training"].items() if quarter in one["seats"]}
        assert set(sat) == set(told)
        for name, one in told.items():
            assert len(sat[name]) == one["seats"][quarter]
            for test, key in (("理论", "theory"), ("实操", "practice")):
                gains = [
                    int(row[f"{test}后测"]) - int(row[f"{test}前测"])
                    for row in sat[name]
                    if row[f"{test}后测"]
                ]
                error = one["scatter"] / np.sqrt(len(gains))
                assert abs(np.mean(gains) - one[key]) < 3.5 * error, (name, test)
                if one["works"] is not None:
                    assert (np.mean(gains) > 3 * error) == one["works"], (name, test)


@pytest.mark.parametrize("line", LINES)
def test_every_figure_belongs_to_an_indicator_and_every_first_level_has_one(line):
    system = study.load(REPOSITORY / "studies" / line).indicators
    held = [one for one in system.indicators if one.source == "table"]
    assert {one.name for one in held} == set(indicators.INDICATORS)
    assert len(held) == len(indicators.INDICATORS)
    assert set(system.firsts.values()) == set(system.first)
    assert system.objects["team"] == indicators.OBJECTS[line]


def test_the_system_of_all_lines_has_every_figure():
    system = study.load_indicators(REPOSITORY / "studies" / "all")
    assert {o.name for o in system.indicators if o.source == "table"} == set(indicators.INDICATORS)


def test_the_course_that_changes_nothing_is_liked_best():
    courses = training.COURSES
    assert max(courses, key=lambda name: courses[name].liked) == "服务礼仪与沟通"
    assert [course.works for course in courses.values()] == [True, False, None]


@pytest.mark.parametrize("line", LINES)
def test_studies_know_the_figures_and_the_training(line):
    roles = {s.role: s for s in study.load(REPOSITORY / "studies" / line).sources}
    for role in ("indicators", "training"):
        source = roles[role]
        assert (source.folder, source.optional) == ("all", True)
        assert fnmatch(f"{role}.csv", source.glob)
    assert set(roles["training"].mapping.values()) == set(rows("2026Q3", "all", "training.csv")[0])
