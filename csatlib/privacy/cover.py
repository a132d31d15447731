"""The search for the cells that must be hidden beside the small ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from csatlib.privacy.cells import Node, Place, Sheet, Sum, whole_sample
from csatlib.privacy.feasible import Reader

__all__ = ["Cover"]


@dataclass
class Cover:
    """The search for cells to hide: what is hidden of each item so far, and why."""

    sheets: list[Sheet]
    own: Mapping[str, list[Node]]
    min_base: int

    def __post_init__(self) -> None:
        self._by_item = {sheet.item: sheet for sheet in self.sheets}
        self._groups = self._same_people()
        small = [
            (item, node)
            for item, nodes in self.own.items()
            for node in nodes
            if 0 < (self._by_item[item].counts[node] or 0) < self.min_base
        ]
        self._primary: dict[str, dict[Node, None]] = {item: {} for item in self.own}
        for item, node in small:
            for other in self._peers(item, node):
                self._primary[other][node] = None

    def chosen(self) -> dict[str, set[Node]]:
        """Hide until both kinds of reader fail; if the knowing one cannot be made to, the other."""
        for knowing in (True, False):
            hidden = {item: dict(nodes) for item, nodes in self._primary.items()}
            exposed = self._extend(hidden, knowing=knowing)
            if exposed is None:
                self._show_again(hidden, knowing=knowing)
                return {item: set(nodes) for item, nodes in hidden.items()}
        item, (_, place) = exposed
        raise ValueError(
            f"table or previous: what is published gives away {item!r} in "
            f"{dict(sorted(place)) or 'the whole sample'} even if every group of this table is "
            "hidden; leave this breakdown out of the table, or withdraw the earlier one"
        )

    def _same_people(self) -> dict[tuple[str, Place], int]:
        """Give items that the same people answered the same number, in each whole sample."""
        totals: dict[Place, list[tuple[int, str]]] = {}
        for sheet in self.sheets:
            for (layer, place), count in sheet.counts.items():
                if layer == 0 and place == whole_sample(place) and count is not None:
                    totals.setdefault(place, []).append((count, sheet.item))
        numbers: dict[tuple[str, Place], int] = {}
        for place, found in totals.items():
            found.sort()
            numbers[found[0][1], place] = number = 0
            for (less, _), (more, item) in pairwise(found):
                number += more - less >= self.min_base
                numbers[item, place] = number
        return numbers

    def _peers(self, item: str, node: Node) -> Iterator[str]:
        sample = whole_sample(node[1])
        number = self._groups.get((item, sample))
        for other, nodes in self.own.items():
            alike = number is not None and self._groups.get((other, sample)) == number
            if other == item or (alike and node in nodes):
                yield other

    def _readers(self, item: str, hidden: Mapping[Node, None], knowing: bool) -> Iterator[Reader]:
        sheet = self._by_item[item]
        if not hidden and not sheet.hidden:
            return
        yield Reader(sheet, hidden=hidden)
        missing = _missing(sheet) if knowing else {}
        if any(missing.values()):
            yield Reader(sheet, hidden=hidden, missing=missing)

    def _exposed(
        self, item: str, hidden: Mapping[Node, None], knowing: bool, near: Place = frozenset()
    ) -> Iterator[Node]:
        """Find the hidden cells that a reader can tell, those most like ``near`` first."""
        for reader in self._readers(item, hidden, knowing):
            for node in sorted(reader.hidden, key=lambda n: -len(n[1] & near)):
                if not reader.cannot_tell(node, self.min_base):
                    yield node

    def _extend(
        self, hidden: dict[str, dict[Node, None]], *, knowing: bool
    ) -> tuple[str, Node] | None:
        """Hide further cells in place; return the item and cell that nothing can protect."""
        queue = dict.fromkeys(self.own)
        while queue:
            item = next(iter(queue))
            del queue[item]
            done: set[Sum] = set()
            for node in list(self._exposed(item, hidden[item], knowing)):
                near = self._near(item, node)
                if done & set(near):
                    # A cell was just hidden beside it: see what that is worth first.
                    queue[item] = None
                    continue
                further = self._further(item, node, hidden[item])
                if further is None and done:
                    queue[item] = None
                    continue
                if further is None:
                    return item, node
                done |= set(self._near(item, further))
                for other in self._peers(item, further):
                    hidden[other][further] = None
                    queue[other] = None
        return None

    def _near(self, item: str, node: Node) -> list[Sum]:
        same = {(0, node[1]), (1, node[1])}
        return [s for s in self._by_item[item].sums if same & {s.whole, *s.parts}]

    def _further(self, item: str, exposed: Node, hidden: Mapping[Node, None]) -> Node | None:
        """Choose the next cell to hide: a small one that closes a ring with hidden ones."""
        sheet = self._by_item[item]
        total = exposed[1] == whole_sample(exposed[1])
        gone = {**dict.fromkeys(sheet.hidden), **hidden}
        open_cells = [
            node
            for node in self.own[item]
            if node not in gone
            and (sheet.counts[node] or 0) > 0
            and (total or node[1] != whole_sample(node[1]))
        ]
        same = {(0, exposed[1]), (1, exposed[1])}
        near = self._near(item, exposed)

        def rank(node: Node) -> tuple:
            part = any(node in s.parts for s in near)
            lonely = sum(
                node in s.parts and not any(p in gone for p in s.parts) for s in sheet.sums
            )
            earlier = (1, node[1]) in sheet.hidden
            beside = part or node in same or any(node == s.whole for s in near)
            return (
                not beside,
                not part,
                not earlier,
                lonely,
                sheet.counts[node],
                sorted(node[1]),
            )

        return min(open_cells, key=rank, default=None)

    def _show_again(self, hidden: dict[str, dict[Node, None]], *, knowing: bool) -> None:
        """Show again, the largest first, what turns out not to be needed."""
        extra = {
            (self._by_item[item].counts[node], node, item): None
            for item, nodes in hidden.items()
            for node in nodes
            if node not in self._primary[item]
        }
        for _, node, item in sorted(extra, key=lambda e: (-e[0], sorted(e[1][1]), e[2])):
            if node not in hidden[item]:
                continue
            peers = list(self._peers(item, node))
            trial = {p: {n: None for n in hidden[p] if n != node} for p in peers}
            if not any(
                any(True for _ in self._exposed(p, trial[p], knowing, node[1])) for p in peers
            ):
                hidden.update(trial)


def _missing(sheet: Sheet) -> dict[Sum, int]:
    """Reckon how many of each total told no group, where all its cells are known."""
    found = {}
    for each in sheet.sums:
        counts = [sheet.counts[node] for node in (each.whole, *each.parts)]
        if each.exhaustive and None not in counts:
            found[each] = counts[0] - sum(counts[1:])
    return found
