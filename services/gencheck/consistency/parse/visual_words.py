"""What can be seen of things: colours, materials, shapes, sizes; compounds; who is alive."""

from __future__ import annotations

from gencheck.consistency.parse import fixed_phrases as fixed
from gencheck.consistency.parse.grammar_words import words

COLOURS = words(
    "red orange yellow green blue purple pink brown black white grey gray gold silver golden "
    "beige tan cream turquoise teal cyan magenta violet indigo maroon crimson scarlet navy olive "
    "lavender ivory bronze burgundy khaki coral peach mint lime amber aqua fuchsia lilac mauve "
    "rainbow colorful colourful multicolored multi-colored multicoloured pastel neon blonde blond "
    "brunette copper-colored azure emerald ruby sapphire rust charcoal-grey salmon plum rose-gold "
    "monochrome monochromatic colored coloured reddish bluish greenish yellowish pinkish"
)
COLOUR_MODIFIERS = words(
    "light dark bright pale deep hot navy sky neon baby royal lime olive pastel"
)
MATERIALS = words(
    "wooden wood metal metallic glass plastic leather fabric rubber stone marble brick concrete "
    "paper cardboard ceramic porcelain clay steel iron brass copper silk velvet wool woolen "
    "cotton denim straw wicker bamboo ice granite crystal stained-glass plush felt foam wax "
    "aluminum aluminium tin oak pine chrome knitted crocheted origami"
)
SHAPES = words(
    "round circular square rectangular triangular oval oblong spherical cubic cylindrical conical "
    "pyramidal pentagonal hexagonal octagonal diamond teardrop heart-shaped star-shaped curved "
    "flat pointed spiral crescent cube-shaped l-shaped u-shaped curly straight twisted angular"
)
SIZES = words(
    "big large small tiny huge giant little tall short long wide narrow thick thin gigantic "
    "massive enormous miniature mini oversized mid-sized towering slim skinny fat chubby"
)
TEXTURES = words(
    "fluffy furry smooth rough soft hard striped spotted checkered plaid shiny glossy matte rusty "
    "dotted polka-dot patterned hairy silky fuzzy bumpy wrinkled floral ornate tiled paisley"
)
STATES = words(
    "open closed broken empty full old new young wet dry dirty clean burning lit sliced cut "
    "parked sleeping happy sad angry smiling asleep awake folded wrapped frozen melting "
    "transparent translucent ripe rotten half-eaten sunny cloudy rainy foggy snowy stormy misty "
    "bearded bald barefoot naked"
)
ATTRIBUTES: dict[str, str] = {
    word: kind
    for kind, table in (
        ("state", STATES | fixed.STATES),
        ("texture", TEXTURES),
        ("size", SIZES),
        ("shape", SHAPES),
        ("material", MATERIALS | fixed.MATERIALS),
        ("colour", COLOURS | fixed.COLOURS),
    )
    for word in table
}
SPELLINGS = {
    "gray": "grey",
    "golden": "gold",
    "wood": "wooden",
    "metal": "metallic",
    "multicolored": "multicoloured",
    "multi colored": "multicoloured",
    "multi coloured": "multicoloured",
    "multi-colored": "multicoloured",
    "colorful": "colourful",
    "blond": "blonde",
    "woolen": "wool",
    "aluminum": "aluminium",
}
"""One spelling for each property; ``of wood`` and ``wooden`` are the same claim."""

_NOUN_TOO = words(
    "orange gold silver glass metal wood fabric rubber leather plastic stone marble brick paper "
    "cardboard ceramic porcelain clay steel iron silk wool cotton straw ice crystal diamond "
    "square heart peach lime mint coral rose copper wax oak pine rainbow violet lavender plum "
    "salmon bronze giant cut cube spiral foam tin bamboo denim olive teardrop concrete"
)
NOUN_TOO = _NOUN_TOO | fixed.MATERIALS
"""Properties that are things when no noun follows."""

NOUNS_IN_ING = words(
    "painting drawing building ceiling wedding clothing ring string king wing railing lighting "
    "evening morning spring sibling duckling awning carving engraving etching thing earring icing "
    "frosting topping stocking dressing stuffing crossing opening landscaping pudding "
    "viking swing ping-pong sling meeting lettering lightning being"
)
ANIMATE = words(
    "person people man woman boy girl child kid baby toddler lady guy gentleman couple family "
    "player rider surfer skier skateboarder snowboarder dancer singer musician chef cook farmer "
    "cowboy king queen prince princess knight wizard witch soldier officer policeman doctor nurse "
    "teacher student worker artist astronaut driver pilot pedestrian crowd team group actor "
    "actress robot alien monster dragon unicorn ghost zombie angel fairy mermaid clown pirate "
    "ninja samurai santa bride groom mother father mom dad friend male female human figure "
    "dog cat horse cow sheep goat pig bird duck goose chicken owl eagle parrot penguin elephant "
    "bear panda tiger lion leopard cheetah zebra giraffe monkey gorilla ape deer fox wolf rabbit "
    "mouse rat squirrel hamster hedgehog porcupine raccoon otter beaver kangaroo koala sloth "
    "camel llama alpaca donkey frog toad turtle tortoise snake lizard crocodile alligator fish "
    "shark whale dolphin octopus crab lobster bee butterfly spider ant snail worm bug insect "
    "puppy kitten calf lamb foal chick pony bull ox bison buffalo moose hippo hippopotamus "
    "rhino rhinoceros dinosaur capybara corgi poodle beagle swan peacock flamingo crow raven "
    "seagull pigeon cowgirl businessman businesswoman scientist warrior hiker cyclist runner "
    "swimmer skater tourist audience batter catcher pitcher goalie jockey jouster subject"
)
BODY = words(
    "arm leg hand foot head face eye ear nose mouth neck shoulder elbow wrist knee ankle thigh hip "
    "finger thumb toe chest back belly stomach torso body hair beard tail wing paw claw hoof horn "
    "forearm shin calf palm heel cheek chin forehead lip tongue tooth skin lap waist leg fist"
)
"""Parts of a body: they are somebody's, and left or right."""
CLOTHES = words(
    "hat cap shirt t-shirt tshirt jacket coat suit dress skirt gown robe jeans pants trousers "
    "shorts sweater hoodie sweatshirt vest blouse uniform costume outfit apron scarf glove sock "
    "shoe boot sandal sneaker heel helmet mask tie bikini swimsuit wetsuit kimono sari cape cloak "
    "armor armour tuxedo overalls pajamas raincoat turban veil hood clothes clothing spacesuit"
)
"""What is worn: who is in one wears it."""
VERBS = words(
    "walk ride play talk run eat hold look jump fly stand sleep float surf sit lie lay wear carry "
    "drive drink swim climb dance sing read write paint cook smile laugh cry wave watch chase "
    "catch throw kick hit push pull lean hang rest graze feed perch fight hug kiss ski skate sail "
    "cut point reach bend face hunt work wait cross pass open close grow shine glow burn melt "
    "flow fall rise spin roll bark bite lick sniff dig crawl kneel squat crouch pose meditate "
    "pet gather lounge swing serve prepare use touch try take get put give enjoy practice stare "
    "gaze listen speak type shop travel move drop lift balance juggle bounce shake stretch "
    "skateboard snowboard protrude emerge land dock rush hike bike blow support cover fill "
    "unload tick sizzle adorn complete provide drape contrast stick install surround speed "
    "come go arrive enter exit return follow lead fire shoot aim grip grab grasp clutch "
    "squeeze attack devour chew swallow sip pour stir peel chop slice bake grill fry wash clean "
    "sweep wipe dry brush comb shave knit sew weave carve build repair fix paint draw sketch call "
    "greet bow salute clap cheer shout scream yell whisper argue teach study explain "
    "tow drag haul pick collect harvest paddle dive splash wade "
    "soar glide hover flap hatch crash collide explode burst erupt leak drip spill spray spew "
    "slide skid sprint jog march parade wander stroll crouch lurk hide "
    "peek peer glance protect tie untie wrap unwrap"
)
"""Verbs that depict something, for words that a dictionary takes for noun and verb alike."""
