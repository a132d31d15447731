"""The tree of a codeframe's words finds all of them, and only them; every use stands where it is."""

from itertools import product

import numpy as np
import pytest

from csatlib.themes.compiling import Spans, Tree, compiled


def codes(text):
    return np.array([ord(letter) for letter in text], dtype=np.uint32)


def places(words, text):
    """Give what a tree finds as pairs of word and place."""
    found, at = Tree.of(words).places(codes(text))
    assert found.shape == at.shape
    return [(words[one], place) for one, place in zip(found.tolist(), at.tolist(), strict=True)]


def by_hand(words, text):
    return sorted(
        (word, place)
        for word in words
        for place in range(len(text))
        if text.startswith(word, place)
    )


FINDS = {
    "nothing planted": ((), "排队", []),
    "nothing to search": (("排队",), "", []),
    "nothing there": (("排队",), "等待", []),
    "the whole text": (("排队",), "排队", [("排队", 0)]),
    "a shared beginning": (("排队", "排号"), "排号排队", [("排号", 0), ("排队", 2)]),
    "a word that begins another": (("等", "等待"), "等待", [("等", 0), ("等待", 0)]),
    "the longer one breaks off": (("等", "等待"), "等了", [("等", 0)]),
    "only the longer one": (("等待",), "等了", []),
    "a word within another": (("太久", "等太久了"), "等太久了", [("等太久了", 0), ("太久", 1)]),
    "a word that ends another": (("回电", "电"), "回电", [("回电", 0), ("电", 1)]),
    "overlapping with itself": (("慢慢",), "慢慢慢", [("慢慢", 0), ("慢慢", 1)]),
    "cut off by the end": (("等待时间",), "等待时", []),
    "cut off after a word": (("等", "等待时间"), "等待时", [("等", 0)]),
    "letters that no word has": (("app",), "ap😀app\U0010ffff", [("app", 3)]),
    "a letter that others do not follow": (("甲乙", "丙丁"), "甲丁丙乙", []),
}  # fmt: skip


@pytest.mark.parametrize(("words", "text", "found"), FINDS.values(), ids=FINDS)
def test_a_tree_finds_its_words(words, text, found):
    assert places(words, text) == found


def test_a_tree_finds_what_a_search_word_by_word_finds():
    random = np.random.default_rng(5)
    every = ["".join(word) for size in (1, 2, 3, 4) for word in product("甲乙丙", repeat=size)]
    for _ in range(200):
        words = random.choice(every, size=random.integers(1, 12), replace=False).tolist()
        text = "".join(random.choice([*"甲乙丙丁"], size=random.integers(0, 40)))
        found = places(words, text)
        assert sorted(found) == by_hand(words, text), (words, text)
        assert [place for _, place in found] == sorted(place for _, place in found)


@pytest.mark.parametrize("size", [250, 260, 65_600], ids=["8 bits", "16 bits", "32 bits"])
def test_a_tree_of_any_size_tells_its_words_apart(size):
    words = tuple(chr(0x4E00 + n // 256) + chr(0x4E00 + n % 256) for n in range(size))
    chosen = (0, 100, 249, size - 1)
    text = "。".join(words[n] for n in chosen)
    assert places(words, text) == [(words[n], 3 * i) for i, n in enumerate(chosen)]


def test_lists_end_to_end_are_gone_through_in_the_order_chosen():
    spans = Spans.of([[7, 8], [], [9]])
    owner, values = spans.through(np.array([2, 1, 0, 2]))
    assert owner.tolist() == [0, 2, 2, 3]
    assert values.tolist() == [9, 7, 8, 9]
    owner, values = spans.through(np.array([], dtype=int))
    assert (len(owner), len(values)) == (0, 0)
    assert Spans.of([]).values.tolist() == []


def uses(made, role, step):
    """Give the patterns with an element of that role and step, and its words."""
    block = made.block[role, step]
    asked = [[made.alternatives[one].text for one in own] for own in made.asked[block]]
    return list(zip(made.of_pattern[block].tolist(), asked, strict=True))


def test_every_use_of_a_pattern_stands_where_it_is():
    frames = (
        ("wait", ("等 ~2 -回电|来电 久|长", "-系统 响应"), ("现在 ~1 好",)),
        ("number", ("<number> *分钟 -后",), ()),
    )
    made = compiled(frames)
    assert uses(made, "step", 0) == [(0, ["等"]), (1, ["响应"]), (2, ["现在"]), (3, ["number"])]
    assert uses(made, "step", 1) == [(0, ["久", "长"]), (2, ["好"]), (3, ["分钟"])]
    assert uses(made, "without", 1) == [(0, ["回电", "来电"])]
    assert uses(made, "before", 0) == [(1, ["系统"])]
    assert uses(made, "after", 0) == [(3, ["后"])]
    assert len(made.block) == 5
    assert made.steps.tolist() == [2, 1, 2, 2]
    assert made.words.tolist() == [[0, 2], [0, 0], [0, 1], [0, 0]]
    assert made.name.tolist() == [0, 0, 0, 1]
    assert made.place.tolist() == [0, 1, 0, 0]
    assert made.voids.tolist() == [False, False, True, False]
    needed = [[made.alternatives[made.asked[use][0]].text for use in own] for own in made.steps_of]
    assert needed == [["等", "久"], ["响应"], ["现在", "好"], ["number", "分钟"]]
    assert [made.alternatives[place].text for place in made.classes] == ["number"]


def test_a_word_used_twice_is_planted_once_and_its_edges_stay_apart():
    made = compiled((("a", ("打不*", "打不", "打不 ~ 通"), ()),))
    found, at = made.tree.places(codes("打不通"))
    _, numbers = made.spelled.through(found)
    spelled = [(made.alternatives[n].text, bool(made.closes[n])) for n in numbers.tolist()]
    assert at.tolist() == [0, 2]
    assert spelled == [("打不", True), ("打不", False), ("通", False)]
    assert made.sizes[numbers].tolist() == [2, 2, 1]
    assert not made.opens.any()


def test_a_codeframe_without_patterns_finds_nothing_and_an_empty_pattern_is_refused():
    for frames in ((), (("a", (), ()),)):
        made = compiled(frames)
        assert (len(made.alternatives), len(made.name)) == (0, 0)
        assert made.block == {("step", 0): slice(0, 0)}
        assert made.tree.places(codes("排队"))[1].tolist() == []
    with pytest.raises(ValueError, match="模式是空的"):
        compiled((("a", ("",), ()),))
