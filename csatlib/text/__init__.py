"""What customers said, as counts that can be compared."""

from csatlib.text.keyness import keyness
from csatlib.text.lexicon import Lexicon, uninformative
from csatlib.text.likeness import near_duplicates
from csatlib.text.phrases import phrases
from csatlib.text.proposals import propose_terms
from csatlib.text.ranking import keywords
from csatlib.text.tokens import tokenise

__all__ = [
    "Lexicon",
    "keyness",
    "keywords",
    "near_duplicates",
    "phrases",
    "propose_terms",
    "tokenise",
    "uninformative",
]
