"""The zoo's networks: plain torch modules, their attention's kernel chosen by the caller."""

from attention_core.zoo.networks.dates import DateNetwork
from attention_core.zoo.networks.digits import DigitNetwork
from attention_core.zoo.networks.induction import InductionNetwork

__all__ = ["DateNetwork", "DigitNetwork", "InductionNetwork"]
