"""What customers said, as counts that can be compared."""

from csatlib.text.lexicon import Lexicon
from csatlib.text.polarity import comment_polarity, polarity
from csatlib.text.ranking import keywords
from csatlib.text.replies import uninformative
from csatlib.text.tokens import tokenise

__all__ = ["Lexicon", "comment_polarity", "keywords", "polarity", "tokenise", "uninformative"]
