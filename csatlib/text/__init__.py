"""What customers said, as counts that can be compared."""

from csatlib.text.keyness import keyness
from csatlib.text.lexicon import Lexicon
from csatlib.text.likeness import near_duplicates
from csatlib.text.phrases import phrases
from csatlib.text.polarity import comment_polarity, polarity
from csatlib.text.proposals import propose_terms
from csatlib.text.ranking import keywords
from csatlib.text.replies import uninformative
from csatlib.text.tokens import tokenise

__all__ = [
    "Lexicon",
    "comment_polarity",
    "keyness",
    "keywords",
    "near_duplicates",
    "phrases",
    "polarity",
    "propose_terms",
    "tokenise",
    "uninformative",
]
