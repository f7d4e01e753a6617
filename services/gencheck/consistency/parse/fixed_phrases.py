"""Phrases that mean one thing together, and nouns that mean nothing by themselves."""

from __future__ import annotations

from gencheck.consistency.parse.grammar_words import phrases, words

NAMES = phrases(
    "hot dog|potted plant|dining table|dining room|parking meter|parking lot|stuffed animal|"
    "ice cream|living room|swimming pool|washing machine|hot air balloon|cutting board|"
    "frying pan|sewing machine|roller coaster|polar bear|grizzly bear|great white shark|"
    "high heels|shopping cart|rocking chair|skiing slope|walking stick|drinking glass|"
    "stained glass window|grand piano|solar panel|hard hat|cell phone|mobile phone|"
    "smart phone|yin yang|teddy bear|fire hydrant|stop sign|traffic light|wine glass|"
    "tennis racket|tennis ball|baseball bat|baseball glove|sports ball|hair drier|hair dryer|"
    "computer mouse|computer keyboard|tv remote|remote control|french fries|christmas tree|"
    "human being|city skyline|school bus|double decker bus|light bulb|street light|"
    "coffee table|coffee cup|coffee mug|birthday cake|golden retriever|german shepherd|"
    "shiba inu|bald eagle|gas station|train station|police officer|first person|"
    "conference room|filing cabinet|running shoes|sleeping bag|boxing gloves|playing cards|"
    "water bottle|ring box|red panda|ice cube|hard drive|hard disk|paper airplane|"
    "paper plane|paper bag|top hat|ping pong|ping pong table|ice tea|iced tea|"
    "oak tree|pine tree|pine cone|plum tree|orange tree|peach tree|olive tree|lime tree|"
    "orange juice|orange slice|orange peel|olive oil|black olive|"
    "green bean|green pea|red cabbage|green tea|black tea|iron man|tin man|tin can|tin foil|"
    "aluminum foil|rubber duck|rubber band|paper towel|paper clip|paper crane|paper cup|"
    "paper plate|cotton candy|coral reef|rose garden|gold medal|silver medal|bronze medal|"
    "ice rink|ice skate|ice floe|crystal ball|diamond ring|steel drum|flat screen|"
    "flat screen tv|flat screen television|black hole|hot tub|hot sauce|hot chocolate|"
    "soft drink|soft toy|wet suit|new york|new york city|new zealand|new orleans|new mexico|"
    "new delhi|united states|great wall|great dane|big ben|golden gate bridge|baking sheet|"
    "steering wheel|landing gear|parking garage|shopping bag|shopping mall|fishing rod|"
    "fishing boat|fishing net|wrapping paper|writing desk|dressing table|mixing bowl|"
    "chopping board|ironing board|rolling pin|knitting needle|sailing boat|racing car|"
    "walking path|hiking trail|wedding dress|wedding cake|vending machine|spinning top|"
    "folding chair|boxing ring|riding boots|cooking pot|whipped cream|mashed potatoes|"
    "fried egg|fried rice|boiled egg|grilled cheese|scrambled eggs|stuffed bear|"
    "remote controller|pickup truck|half moon|full moon|crescent moon|solar system|"
    "statue of liberty|bird of paradise|bird of paradise flower|man of war|lily of the valley"
)
"""Names of more than one word that grammar alone would take apart."""
COLOURS = phrases("multi colored|multi coloured")
MATERIALS = phrases("stainless steel|cast iron|wrought iron|faux fur|faux leather")
STATES = phrases(
    "upside down|upside-down|half full|half empty|inside out|full grown|fully grown|hand painted|"
    "hand drawn|hand made|hand carved|hand written|home made|well lit"
)
"""How a thing is, before it or after it."""
STATES_AFTER = phrases(
    "in flight|in the air|in mid-air|in midair|in mid air|in motion|in action|in bloom|"
    "in full bloom|"
    "in ruins|in line|in a line|in a row|in a circle|in rows|in formation|in profile|"
    "in uniform|in costume|in pieces|in half|in two|in love|in disguise|in chains|"
    "on fire|on display|on sale|for sale|on guard|on duty|at rest|at work|at play|"
    "under construction|side by side|face to face|back to back|hand in hand|arm in arm|"
    "cheek to cheek|cut in half|sliced in half|split in half|broken in half|folded in half|"
    "torn in half|cut in two|cut open|cut into pieces|cut into slices|face down|face up|"
    "out of focus|in focus|out of order"
)
"""The same, only after it."""
UNSEEN = words(
    "degree angle position level side size sort kind type variety form manner way direction "
    "distance perspective weight sense meaning concept idea time moment amount rest "
    "height length width orientation posture fashion mode purpose reason thing stuff number "
    "proportion variation range stance pose"
)
"""What is nothing by itself: with the words before it, it says how another thing is."""
