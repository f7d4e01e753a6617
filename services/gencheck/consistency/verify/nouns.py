"""Which words a detector of COCO's 80 classes, or a face, can speak about."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

from gencheck.consistency.parse.grammar_words import phrases, words
from gencheck.consistency.parse.visual_words import ANIMATE, BODY

PEOPLE = words(
    "person people man woman boy girl child kid lady guy gentleman human male female adult "
    "teenager someone somebody figure pedestrian"
)
"""Nouns that a face or a body supports as *a person*; gender and age are never judged by it."""

_TRAITS = {
    "man gentleman": "m adult",
    "woman lady": "f adult",
    "boy": "m child",
    "girl": "f child",
    "child kid": "child",
    "male guy": "m",
    "female": "f",
}
_TRAITS_OF = {
    noun: set(traits.split()) for nouns, traits in _TRAITS.items() for noun in nouns.split()
}
_EXCLUSIVE = ({"m", "f"}, {"adult", "child"})


def people_before(noun: str, nouns: Iterable[str]) -> int:
    """How many others a person comes on top of: a woman is nobody whom the prompt calls a man.

    Args:
        nouns: those of the prompt, in its order. Words such as *person* may mean any of them.
    """
    before: list[str] = []
    for other in takewhile(lambda other: other != noun, nouns):
        if _apart(noun, other) and all(_apart(known, other) for known in before):
            before.append(other)
    return len(before)


def _apart(noun: str, other: str) -> bool:
    """Whether two nouns cannot mean the same person."""
    both = _TRAITS_OF.get(noun, set()) | _TRAITS_OF.get(other, set())
    return any(pair <= both for pair in _EXCLUSIVE)


_AGENTS = ("er", "or", "ist", "ian", "man", "men", "one", "body")
"""What nouns of people end in; so do others, which then count as people where that is in doubt."""


def may_mean_people(noun: str) -> bool:
    """Whether a noun may mean people, or a part of one: where it may, they were asked for."""
    last = noun.rpartition(" ")[2]
    if label_of(noun, COCO_LABELS - {"person"}) is not None:
        return False
    return last in PEOPLE | FACES | ANIMATE | BODY or last in _KINDS or last.endswith(_AGENTS)


FACES = words("face headshot") | {"human face"}

COCO_LABELS = phrases(
    "person|bicycle|car|motorcycle|airplane|bus|train|truck|boat|traffic light|fire hydrant|"
    "stop sign|parking meter|bench|bird|cat|dog|horse|sheep|cow|elephant|bear|zebra|giraffe|"
    "backpack|umbrella|handbag|tie|suitcase|frisbee|skis|snowboard|sports ball|kite|"
    "baseball bat|baseball glove|skateboard|surfboard|tennis racket|bottle|wine glass|cup|"
    "fork|knife|spoon|bowl|banana|apple|sandwich|orange|broccoli|carrot|hot dog|pizza|donut|"
    "cake|chair|couch|potted plant|bed|dining table|toilet|tv|laptop|mouse|remote|keyboard|"
    "cell phone|microwave|oven|toaster|sink|refrigerator|book|clock|vase|scissors|teddy bear|"
    "hair drier|toothbrush"
)
"""What an installed detector would know: tells which claims the standard profile would open."""

SAME = {
    "bike": "bicycle",
    "cycle": "bicycle",
    "motorbike": "motorcycle",
    "plane": "airplane",
    "aeroplane": "airplane",
    "aircraft": "airplane",
    "jet": "airplane",
    "lorry": "truck",
    "automobile": "car",
    "ship": "boat",
    "sofa": "couch",
    "television": "tv",
    "tv set": "tv",
    "television set": "tv",
    "monitor": "tv",
    "cellphone": "cell phone",
    "mobile phone": "cell phone",
    "smartphone": "cell phone",
    "phone": "cell phone",
    "smart phone": "cell phone",
    "table": "dining table",
    "computer mouse": "mouse",
    "computer keyboard": "keyboard",
    "tv remote": "remote",
    "remote control": "remote",
    "fridge": "refrigerator",
    "doughnut": "donut",
    "kitty": "cat",
    "kitten": "cat",
    "puppy": "dog",
    "bunch of bananas": "banana",
    "purse": "handbag",
    "teddy": "teddy bear",
    "stuffed bear": "teddy bear",
    "traffic signal": "traffic light",
    "stoplight": "traffic light",
    "ski": "skis",
    "hair dryer": "hair drier",
    "houseplant": "potted plant",
    "plant pot": "potted plant",
    "necktie": "tie",
    "rucksack": "backpack",
    "hydrant": "fire hydrant",
    "racket": "tennis racket",
    "wineglass": "wine glass",
}
"""Other words for a class."""

KIND_OF = {
    "bird": (
        "parrot owl eagle pigeon seagull swan crow raven robin sparrow hen flamingo peacock "
        "pelican heron hawk falcon hummingbird ostrich toucan vulture stork parakeet cockatoo"
    ),
    "dog": (
        "corgi poodle beagle husky labrador bulldog chihuahua dachshund dalmatian pug hound "
        "retriever terrier collie greyhound sheepdog spaniel mutt"
    ),
    "cat": "tabby calico",
    "car": "taxi cab sedan suv convertible jeep limousine minivan",
    "horse": "pony stallion mare foal",
    "cow": "bull ox calf",
    "boat": "sailboat canoe kayak ferry yacht rowboat gondola speedboat motorboat tugboat",
    "bus": "minibus",
    "train": "locomotive",
    "airplane": "airliner biplane",
    "couch": "loveseat",
    "chair": "armchair",
    "cup": "mug teacup",
    "cake": "cupcake cheesecake",
    "book": "textbook",
    "person": (
        "surfer skier skateboarder snowboarder player chef firefighter policeman doctor nurse "
        "teacher student artist businessman businesswoman bride groom cowboy dancer driver "
        "grandmother grandfather grandma grandpa mother father mom dad son daughter brother sister "
        "baby toddler infant couple passenger tourist customer guest worker farmer soldier officer "
        "waiter waitress umpire rider biker cyclist motorcyclist runner "
        "swimmer singer musician speaker presenter neighbor neighbour friend spectator crowd cook "
        "vendor pilot hiker fisherman golfer boxer jockey"
    ),
}
"""Kinds of a class: where the class is not to be seen they are not either; a find proves less.

Left out are animals that are food as well: a plate of chicken shows no bird.
"""
_OTHER_THAN = words(
    "toy model space gravy cable railroad railway subway rice crab fish pan flower river sea truck "
    "rocking guinea stuffed paper egg prairie clothes ice air tennis computer phone log garden "
    "cup toilet orange face piano name neck ear key photo picture party match comic"
)
"""A compound whose first word is one of these need not be a kind of its last: ``space ship``."""

_KINDS = {kind: label for label, kinds in KIND_OF.items() for kind in kinds.split()}


def label_of(noun: str, labels: frozenset[str]) -> tuple[str, bool] | None:
    """The detector's label for a noun, and whether the noun says no more than the label.

    Returns:
        ``None`` where the detector cannot speak about the noun. A mouse is an animal to most
        prompts and a device to COCO, so the bare word has no label.
    """
    if noun == "mouse":
        return None
    if noun in PEOPLE:
        return ("person", True) if "person" in labels else None
    name = SAME.get(noun, noun)
    if name in labels:
        return name, True
    first, _, last = noun.rpartition(" ")
    kind = _KINDS.get(noun) or _KINDS.get(last)
    if first and kind is None and first.partition(" ")[0] not in _OTHER_THAN:
        kind = SAME.get(last, last) if last != "mouse" else None
    return (kind, False) if kind in labels and kind is not None else None
