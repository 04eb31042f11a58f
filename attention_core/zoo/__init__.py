"""The zoo: three tiny trained models that ship with the library, their cards and trainings."""

from attention_core.zoo.card import Card, Measure
from attention_core.zoo.opening import ZOO_NAMES, example_image, open_zoo, zoo_cards
from attention_core.zoo.zoo_model import ZooModel

__all__ = ["ZOO_NAMES", "Card", "Measure", "ZooModel", "example_image", "open_zoo", "zoo_cards"]
