"""The house style: one font, one accent colour, and the frame that every exhibit shares."""

from __future__ import annotations

import functools
import io
import logging
import unicodedata
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_Arguments = ParamSpec("_Arguments")
_Returned = TypeVar("_Returned")

#: The one colour that asks for attention; everything else is ink, grey and white.
ACCENT = "#0b5d7a"
INK, GREY, MUTED, RULE = "#1d2733", "#66717c", "#93a4b3", "#e3e8ec"
#: Colours of lines that must be told apart, also by colour-blind readers.
SERIES = ("#0b5d7a", "#d07a1f", "#5a8f5c", "#8a5a9e", "#6b7580", "#b8433f", "#3f9fb5", "#99802a")
#: Inches: at 390 CSS pixels of screen the 12 pt text is still about 11 pixels high.
WIDTH = 5.6
FONT_SIZE = 12
NO_DATA = "数据不足"


def font_path() -> Path:
    """Find the Chinese font file that the installation carries, without importing its package.

    Returns
    -------
    Path
        NotoSansSC-Regular.ttf (SIL Open Font License) inside the zhplot distribution.

    Raises
    ------
    FileNotFoundError
        When zhplot is not installed, or no longer holds the file.

    Examples
    --------
    >>> font_path().name
    'NotoSansSC-Regular.ttf'
    """
    spec = find_spec("zhplot")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "fonts" / "NotoSansSC-Regular.ttf"
        if path.is_file():
            return path
    raise FileNotFoundError(
        "the Chinese font: expected fonts/NotoSansSC-Regular.ttf inside the package zhplot, found "
        "none; install 'zhplot>=1.0,<2'"
    )


@functools.cache
def _families() -> tuple[str, ...]:
    """Make the packaged font known to matplotlib once, and name the families in order."""
    from matplotlib import font_manager

    # Only the regular weight is packaged: without this, the first bold text logs a warning.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    path = str(font_path())
    font_manager.fontManager.addfont(path)
    return font_manager.FontProperties(fname=path).get_name(), "DejaVu Sans"


def settings() -> dict[str, object]:
    """Give the matplotlib settings of the house style."""
    return {
        "font.family": list(_families()),
        "font.size": FONT_SIZE,
        "axes.labelsize": FONT_SIZE,
        "axes.titlesize": FONT_SIZE + 1,
        "xtick.labelsize": FONT_SIZE,
        "ytick.labelsize": FONT_SIZE,
        "legend.fontsize": FONT_SIZE,
        "legend.frameon": False,
        "text.color": INK,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "xtick.bottom": False,
        "ytick.left": False,
        "axes.edgecolor": RULE,
        "axes.facecolor": "white",
        "grid.color": RULE,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.unicode_minus": False,
        "figure.facecolor": "white",
        "figure.figsize": (WIDTH, 3.4),
        "svg.fonttype": "path",
        "svg.hashsalt": "csatlib",
    }


def use_style() -> None:
    """Set the house theme for every figure of the session, seaborn's own plots included.

    The exhibits of this room are drawn in this style with or without the call; it is for charts
    that a reader of the library adds. Call it in place of ``seaborn.set_theme``, which would
    take the Chinese font away again.

    Returns
    -------
    None

    Examples
    --------
    >>> import matplotlib
    >>> with matplotlib.rc_context():
    ...     use_style()
    ...     matplotlib.rcParams["font.family"]
    ['Noto Sans SC', 'DejaVu Sans']
    """
    import seaborn

    seaborn.set_theme(style="whitegrid", palette=list(SERIES), rc=settings())


def styled(draw: Callable[_Arguments, _Returned]) -> Callable[_Arguments, _Returned]:
    """Run ``draw`` in the house style and leave the session's own settings as they were."""

    @functools.wraps(draw)
    def wrapper(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Returned:
        from matplotlib import rc_context

        with rc_context(settings()):
            return draw(*args, **kwargs)

    return wrapper


def to_svg(ax: Axes) -> str:
    """Write an exhibit as SVG and close its figure.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        What one of the exhibit functions returned.

    Returns
    -------
    str
        An SVG document without date or random ids: the same table gives the same bytes. Text
        is drawn as outlines, so it needs no font where it is read.

    Examples
    --------
    >>> to_svg(no_data()).rstrip().endswith("</svg>")
    True
    """
    import matplotlib.pyplot as plt

    buffer = io.BytesIO()
    try:
        with plt.rc_context(settings()):
            ax.figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    finally:
        plt.close(ax.figure)
    return buffer.getvalue().decode("utf-8")


def canvas(height: float) -> Axes:
    """Open a figure of the house width and ``height`` inches."""
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(WIDTH, height), layout="constrained")[1]


@styled
def no_data() -> Axes:
    """Say 数据不足 where a chart would stand."""
    axes = canvas(1.4)
    axes.set_axis_off()
    axes.text(0.5, 0.5, NO_DATA, transform=axes.transAxes, ha="center", va="center", color=GREY)
    return axes


def name_rows(axes: Axes, names: list[str], drawn: list[bool]) -> None:
    """Write the rows' names at the left, the first on top, and those without a mark in grey."""
    axes.set_yticks(range(len(names)), names, linespacing=1.15)
    axes.set_ylim(len(names) - 0.4, -0.6)
    for tick, has_mark in zip(axes.get_yticklabels(), drawn, strict=True):
        tick.set_color(INK if has_mark else GREY)


def display_width(text: str) -> int:
    """Count how wide a text is drawn: 2 for a Chinese character, 1 for a Latin one."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def wrap(text: str, *, width: int = 18) -> str:
    """Break a name into lines of at most ``width`` (2 a Chinese character), of like length."""
    lines = -(-display_width(text) // width)
    goal = -(-display_width(text) // max(lines, 1))
    broken, used = "", 0
    for letter in text:
        if used >= goal and letter not in "，。、；：）)%":
            broken, used = broken + "\n", 0
        broken, used = broken + letter, used + display_width(letter)
    return broken
