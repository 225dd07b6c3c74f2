"""Words that link what stands before and behind them, so that a line rarely ends with a thought."""

LINKING_WORDS = frozenset(
    # German
    "und mit in im vom von zu zum zur auf aus an am oder der die das den dem des für bei ein eine "
    # French
    "et avec de du des la le les à au aux en ou sur pour dans sans un une par "
    # Spanish
    "y e con del el los las o a al para por sin su sus una "
    # English
    "and with of the or to for from by".split()
)
