"""Closed word classes of English: function words, numbers, predicates of place."""

from __future__ import annotations

from gencheck.consistency.claims import Comparator


def words(text: str) -> frozenset[str]:
    """The words of a table."""
    return frozenset(text.split())


def phrases(text: str) -> frozenset[str]:
    """The phrases of a table, divided by bars."""
    return frozenset(text.split("|"))


DETERMINERS = words("a an the this that these those some any each every another other both all")
POSSESSIVES = words("his her its their my your our whose")
PRONOUNS = words(
    "i you he she it we they him them me us who whom which that everyone "
    "something itself himself herself themselves one's anything everything there here what "
    "whose each-other"
)
AUXILIARIES = words(
    "is are was were be been being am do does did can could will would shall should may might must"
)
RELATIVES = words("who which that whose where whom")
CONJUNCTIONS = words("and or & nor plus but as while whilst because although though unless until")
NEGATIONS = words(
    "no not never cannot without neither nor lacking lacks minus except excluding isn't aren't "
    "wasn't weren't don't doesn't didn't can't couldn't won't wouldn't hasn't haven't hadn't "
    "shouldn't"
)
ADVERBS = words(
    "very really quite slightly just only also too so more most highly extremely fully partially "
    "mostly completely then now again still even always almost nearly up down away out off "
    "together apart forward forwards backward backwards back ahead upward upwards downward "
    "downwards sideways overhead downhill uphill here there where when how such "
    "than if well ultra super hyper much rather somewhat etc i.e e.g vs please see seen"
)
DEGREES = words(
    "highly extremely fully partially mostly completely nearly almost super ultra hyper somewhat "
    "rather much quite slightly very really so incredibly totally entirely heavily partly colored "
    "coloured"
)
"""Words that say no more than how much of what follows, or that it is a colour."""
SHOWING = words(
    "show showing shows depict depicting depicts featuring feature features contain contains "
    "containing include includes including consisting consists look looks create generate imagine "
    "draw make"
)
"""Verbs that lead from the asset to what it shows; of a thing in it they are verbs as others."""
FRAME_NOUNS = words("image picture pic scene view shot depiction composition frame visual")
"""Nouns that stand for the asset itself when "of" follows: every asset is a picture."""

TEXT_NOUNS = words(
    "word words text letter letters caption title phrase saying slogan message inscription quote "
    "writing lettering sentence label"
)
TEXT_VERBS = words("says say saying reads read reading spelling spells titled captioned labeled")
WRITING_VERBS = words("written painted printed engraved carved spelled scribbled drawn spray")
NAMING_VERBS = words("called named entitled")

QUANTIFIERS = {
    "a single": (1, Comparator.EQUAL),
    "a pair of": (2, Comparator.EQUAL),
    "pair of": (2, Comparator.EQUAL),
    "a couple of": (2, Comparator.EQUAL),
    "both": (2, Comparator.EQUAL),
    "pairs of": (2, Comparator.EQUAL),
    "a trio of": (3, Comparator.EQUAL),
    "a dozen": (12, Comparator.EQUAL),
    "dozen": (12, Comparator.EQUAL),
    "half a dozen": (6, Comparator.EQUAL),
    "half dozen": (6, Comparator.EQUAL),
    "a set of": (2, Comparator.AT_LEAST),
    "set of": (2, Comparator.AT_LEAST),
    "collection of": (2, Comparator.AT_LEAST),
    "a series of": (2, Comparator.AT_LEAST),
    "series of": (2, Comparator.AT_LEAST),
    "an arrangement of": (2, Comparator.AT_LEAST),
    "a variety of": (2, Comparator.AT_LEAST),
    "an assortment of": (2, Comparator.AT_LEAST),
    "a few": (2, Comparator.AT_LEAST),
    "few": (2, Comparator.AT_LEAST),
    "several": (3, Comparator.AT_LEAST),
    "multiple": (2, Comparator.AT_LEAST),
    "numerous": (3, Comparator.AT_LEAST),
    "various": (2, Comparator.AT_LEAST),
    "many": (3, Comparator.AT_LEAST),
    "lots of": (3, Comparator.AT_LEAST),
    "loads of": (3, Comparator.AT_LEAST),
    "tons of": (3, Comparator.AT_LEAST),
    "countless": (3, Comparator.AT_LEAST),
    "a handful of": (3, Comparator.AT_LEAST),
    "a swarm of": (3, Comparator.AT_LEAST),
    "a fleet of": (3, Comparator.AT_LEAST),
    "a litter of": (2, Comparator.AT_LEAST),
    "an array of": (2, Comparator.AT_LEAST),
    "groups of": (2, Comparator.AT_LEAST),
    "crowds of": (3, Comparator.AT_LEAST),
    "a lot of": (3, Comparator.AT_LEAST),
    "plenty of": (3, Comparator.AT_LEAST),
    "a number of": (2, Comparator.AT_LEAST),
    "a bunch of": (3, Comparator.AT_LEAST),
    "a group of": (2, Comparator.AT_LEAST),
    "group of": (2, Comparator.AT_LEAST),
    "a crowd of": (3, Comparator.AT_LEAST),
    "a row of": (2, Comparator.AT_LEAST),
    "rows of": (2, Comparator.AT_LEAST),
    "a line of": (2, Comparator.AT_LEAST),
    "a grouping of": (2, Comparator.AT_LEAST),
    "a cluster of": (2, Comparator.AT_LEAST),
    "a herd of": (3, Comparator.AT_LEAST),
    "a flock of": (3, Comparator.AT_LEAST),
    "a collection of": (2, Comparator.AT_LEAST),
    "a pack of": (2, Comparator.AT_LEAST),
    "dozens of": (24, Comparator.AT_LEAST),
    "hundreds of": (200, Comparator.AT_LEAST),
    "thousands of": (2000, Comparator.AT_LEAST),
}
"""What a vague quantity claims at the least; plain numbers are exact."""

BOUNDS = {
    "at least": (0, Comparator.AT_LEAST),
    "more than": (1, Comparator.AT_LEAST),
    "over": (1, Comparator.AT_LEAST),
    "no fewer than": (0, Comparator.AT_LEAST),
    "at most": (0, Comparator.AT_MOST),
    "up to": (0, Comparator.AT_MOST),
    "no more than": (0, Comparator.AT_MOST),
    "fewer than": (-1, Comparator.AT_MOST),
    "less than": (-1, Comparator.AT_MOST),
    "exactly": (0, Comparator.EQUAL),
    "only": (0, Comparator.EQUAL),
}
"""What a word before a number adds to it, and how the number is then meant."""

PAIRED_NOUNS = words(
    "glass glasses scissor scissors jean jeans pants trousers shorts pliers tweezers sunglasses "
    "goggles headphones binoculars tongs leggings tights boxers"
)
"""A pair of these is one."""

PREDICATES = {
    "to the left of": "left of",
    "on the left of": "left of",
    "on the left side of": "left of",
    "to the left side of": "left of",
    "left of": "left of",
    "left to": "left of",
    "to the right of": "right of",
    "on the right of": "right of",
    "on the right side of": "right of",
    "to the right side of": "right of",
    "right of": "right of",
    "right to": "right of",
    "on top of": "on top of",
    "on the top of": "on top of",
    "atop": "on top of",
    "above": "above",
    "over": "above",
    "below": "below",
    "under": "below",
    "beneath": "below",
    "underneath": "below",
    "on the bottom of": "below",
    "at the bottom of": "at the bottom of",
    "at the top of": "at the top of",
    "next to": "next to",
    "beside": "next to",
    "besides": "next to",
    "on side of": "next to",
    "on the side of": "next to",
    "by the side of": "next to",
    "by": "next to",
    "alongside": "next to",
    "adjacent to": "next to",
    "near": "near",
    "near to": "near",
    "close to": "near",
    "the size of": "as big as",
    "as big as": "as big as",
    "in front of": "in front of",
    "in the front of": "in front of",
    "behind": "behind",
    "hidden by": "hidden by",
    "on either side of": "on either side of",
    "on both sides of": "on either side of",
    "on the other side of": "on the other side of",
    "on each side of": "on either side of",
    "in the side of": "in",
    "at the side of": "next to",
    "on the edge of": "at the edge of",
    "at the edge of": "at the edge of",
    "at the end of": "at the end of",
    "on the end of": "at the end of",
    "at the foot of": "at the foot of",
    "at the base of": "at the foot of",
    "in the corner of": "in the corner of",
    "on the corner of": "in the corner of",
    "on the surface of": "on",
    "in the midst of": "among",
    "in the midst": "among",
    "in the middle of": "in the middle of",
    "in the center of": "in the middle of",
    "in the centre of": "in the middle of",
    "in the background of": "behind",
    "in": "in",
    "inside": "in",
    "inside of": "in",
    "within": "in",
    "into": "in",
    "out of": "out of",
    "on": "on",
    "all over": "on",
    "onto": "on",
    "upon": "on",
    "at": "at",
    "between": "between",
    "in between": "between",
    "among": "among",
    "amongst": "among",
    "amid": "among",
    "around": "around",
    "across": "across",
    "across from": "opposite",
    "opposite": "opposite",
    "through": "through",
    "against": "against",
    "along": "along",
    "outside": "outside",
    "outside of": "outside",
    "from": "from",
    "with": "with",
    "toward": "toward",
    "towards": "toward",
    "off": "off",
    "off of": "off",
    "past": "past",
    "for": "for",
    "of": "of",
    "to": "to",
    "about": "about",
    "like": "like",
    "looks like": "like",
    "look like": "like",
    "looking like": "like",
    "resembling": "like",
    "during": "during",
    "down": "down",
    "via": "via",
    "inspired by": "inspired by",
    "surrounded by": "surrounded by",
    "surrounding": "around",
    "covered in": "covered in",
    "covered with": "covered in",
    "covered by": "covered in",
    "filled with": "filled with",
    "filled by": "filled with",
    "full of": "filled with",
    "half filled with": "filled with",
    "half full of": "filled with",
    "loaded with": "filled with",
    "packed with": "filled with",
    "stuffed with": "filled with",
    "crowded with": "filled with",
    "piled with": "filled with",
    "stacked with": "filled with",
    "laden with": "filled with",
    "lined with": "lined with",
    "lined by": "lined with",
    "made of": "made of",
    "made from": "made of",
    "made out of": "made of",
    "made up of": "made of",
    "made with": "made of",
    "made entirely of": "made of",
    "made entirely out of": "made of",
    "entirely made of": "made of",
    "entirely made out of": "made of",
    "made completely of": "made of",
    "made out": "made of",
    "made up entirely of": "made of",
    "composed of": "made of",
    "crafted from": "made of",
    "sculpted from": "made of",
    "sculpted out of": "made of",
    "built with": "made of",
    "formed by": "made of",
    "formed from": "made of",
    "formed of": "made of",
    "carved of": "made of",
    "woven out of": "made of",
    "built of": "made of",
    "built from": "made of",
    "built out of": "made of",
    "carved from": "made of",
    "carved out of": "made of",
    "constructed from": "made of",
    "woven from": "made of",
    "in the shape of": "in the shape of",
    "in shape of": "in the shape of",
    "in the form of": "in the shape of",
    "shaped like": "in the shape of",
    "shaped as": "in the shape of",
    "attached to": "attached to",
    "connected to": "attached to",
    "topped with": "topped with",
    "topped by": "topped with",
    "decorated with": "decorated with",
    "decorated by": "decorated with",
    "adorned with": "decorated with",
    "draped in": "covered in",
    "draped with": "covered in",
    "wrapped in": "wrapped in",
    "coated in": "covered in",
    "coated with": "covered in",
    "equipped with": "with",
    "together with": "with",
    "along with": "with",
    "accompanied by": "with",
    "dressed in": "wearing",
    "clad in": "wearing",
    "clothed in": "wearing",
    "dressed as": "dressed as",
    "has": "has",
    "have": "has",
    "having": "has",
}
"""What stands between two things, and the one predicate that it means."""

LOCATIVE = words(
    "in on at near along through around across outside during over down past toward"
) | {
    "in the middle of",
    "on top of",
    "in front of",
    "behind",
    "above",
    "next to",
    "among",
}

LIGHT = words("in on at of with to for from like about during through along")
"""Predicates that say little where nothing stands before them: ``in the kitchen``."""

CONTAINERS = words(
    "bowl cup glass mug bottle jar plate basket box bag vase bucket pot pan tray pile stack can "
    "barrel crate pitcher"
)
PARTICLES = words(
    "up down away out off over forward forwards backward backwards back inward inwards outward "
    "outwards upward upwards downward downwards apart together around across aside sideways left "
    "right overhead downhill uphill"
)
"""Adverbs that say with a verb where a movement goes: ``look up``, ``bent forward``."""

HAVING = words("wear hold carry have show include contain depict feature add draw get bear")
"""Verbs whose denial denies their object: who does not wear a hat has none."""
