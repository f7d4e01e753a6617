"""The picture as a whole: media, styles, places, times and weather."""

from __future__ import annotations

from gencheck.consistency.parse.grammar_words import words

MEDIA = {
    "photo": "photo",
    "photograph": "photo",
    "photography": "photo",
    "snapshot": "photo",
    "selfie": "selfie",
    "painting": "painting",
    "drawing": "drawing",
    "sketch": "sketch",
    "illustration": "illustration",
    "render": "3d render",
    "rendering": "3d render",
    "cartoon": "cartoon",
    "watercolor": "watercolour",
    "watercolour": "watercolour",
    "portrait": "portrait",
    "close-up": "close-up",
    "closeup": "close-up",
    "engraving": "engraving",
    "etching": "etching",
    "woodcut": "woodcut",
    "collage": "collage",
    "meme": "meme",
    "comic": "comic",
    "diorama": "diorama",
    "macro": "macro",
    "scan": "scan",
    "artwork": "artwork",
    "silhouette": "silhouette",
    "screenshot": "screenshot",
    "wallpaper": "wallpaper",
    "vector": "vector art",
    "clipart": "clip art",
    "svg": "svg",
}
"""Nouns that say how the whole picture is made, where ``of`` or nothing follows."""

TECHNIQUES = words(
    "ink pencil charcoal crayon chalk pastel oil acrylic watercolor watercolour digital line wash "
    "brush pen gouache 3d matte wall cave sand speed body concept stock studio pixel vector"
)
"""What a medium is made with: ``ink drawing`` shows no ink."""

STYLES = {
    "oil painting": "oil painting",
    "oil on canvas": "oil painting",
    "acrylic painting": "acrylic painting",
    "watercolor painting": "watercolour",
    "watercolour painting": "watercolour",
    "digital art": "digital art",
    "digital painting": "digital painting",
    "digital illustration": "digital illustration",
    "concept art": "concept art",
    "pixel art": "pixel art",
    "line art": "line art",
    "vector art": "vector art",
    "vector illustration": "vector illustration",
    "clip art": "clip art",
    "ascii art": "ascii art",
    "fan art": "fan art",
    "pop art": "pop art",
    "street art": "street art",
    "art deco": "art deco",
    "art nouveau": "art nouveau",
    "comic book illustration": "comic book",
    "comic book": "comic book",
    "children's book illustration": "children's book",
    "pencil drawing": "pencil drawing",
    "pencil sketch": "pencil sketch",
    "charcoal sketch": "charcoal sketch",
    "charcoal drawing": "charcoal drawing",
    "ink drawing": "ink drawing",
    "ink wash": "ink wash",
    "still life": "still life",
    "top down view": "top down view",
    "top-down view": "top down view",
    "chinese ink and wash painting": "ink and wash",
    "color ink-and-wash drawing": "ink and wash",
    "marble statue": "marble statue",
    "stained glass": "stained glass",
    "3d render": "3d render",
    "3 d render": "3d render",
    "3-d render": "3d render",
    "3-d rendering": "3d render",
    "3d rendering": "3d render",
    "octane render": "octane render",
    "unreal engine": "unreal engine",
    "unreal engine 5": "unreal engine",
    "black and white": "black and white",
    "black & white": "black and white",
    "studio ghibli": "studio ghibli",
    "low poly": "low poly",
    "flat design": "flat design",
    "tilt shift": "tilt shift",
    "double exposure": "double exposure",
    "long exposure": "long exposure",
    "soft focus": "soft focus",
    "shallow depth of field": "shallow depth of field",
    "depth of field": "depth of field",
    "sharp focus": "sharp focus",
    "wide angle": "wide angle",
    "wide-angle": "wide angle",
    "wide shot": "wide shot",
    "medium shot": "medium shot",
    "close up": "close-up",
    "close-up": "close-up",
    "closeup": "close-up",
    "top view": "top view",
    "side view": "side view",
    "front view": "front view",
    "aerial view": "aerial view",
    "overhead view": "overhead view",
    "overhead shot": "overhead view",
    "bird's eye view": "bird's eye view",
    "low angle": "low angle",
    "full body": "full body",
    "full shot": "full shot",
    "studio shot": "studio shot",
    "studio lighting": "studio lighting",
    "dramatic lighting": "dramatic lighting",
    "cinematic lighting": "cinematic lighting",
    "dynamic lighting": "dynamic lighting",
    "volumetric lighting": "volumetric lighting",
    "soft lighting": "soft lighting",
    "natural lighting": "natural lighting",
    "global illumination": "global illumination",
    "ray tracing": "ray tracing",
    "stock photo": "stock photo",
    "stock photograph": "stock photo",
    "stock image": "stock photo",
    "stock illustration": "stock illustration",
    "stock vector": "vector art",
    "hyper real": "photorealistic",
    "artstation": "artstation",
    "deviantart": "deviantart",
    "highly detailed": "highly detailed",
    "extremely detailed": "highly detailed",
    "ultra detailed": "highly detailed",
    "very detailed": "highly detailed",
    "hyper detailed": "highly detailed",
    "intricate details": "intricate",
    "elegant": "elegant",
    "detailed": "detailed",
    "intricate": "intricate",
    "masterpiece": "masterpiece",
    "high quality": "high quality",
    "best quality": "high quality",
    "high resolution": "high resolution",
    "ultra realistic": "photorealistic",
    "hyper realistic": "photorealistic",
    "hyperrealistic": "photorealistic",
    "hyper-realistic": "photorealistic",
    "photo realistic": "photorealistic",
    "photo-realistic": "photorealistic",
    "photorealistic": "photorealistic",
    "realistic": "realistic",
    "realism": "realism",
    "cinematic": "cinematic",
    "bokeh": "bokeh",
    "hdr": "hdr",
    "4k": "4k",
    "4 k": "4k",
    "8k": "8k",
    "8 k": "8k",
    "hd": "hd",
    "35mm": "35mm",
    "anime": "anime",
    "manga": "manga",
    "cyberpunk": "cyberpunk",
    "steampunk": "steampunk",
    "vaporwave": "vaporwave",
    "synthwave": "synthwave",
    "surrealism": "surrealism",
    "surreal": "surreal",
    "impressionism": "impressionism",
    "impressionist": "impressionist",
    "cubism": "cubism",
    "cubist": "cubist",
    "baroque": "baroque",
    "minimalist": "minimalist",
    "minimalism": "minimalist",
    "abstract": "abstract",
    "retro": "retro",
    "vintage": "vintage",
    "gothic": "gothic",
    "psychedelic": "psychedelic",
    "ukiyo-e": "ukiyo-e",
    "sepia": "sepia",
    "grayscale": "greyscale",
    "greyscale": "greyscale",
    "monochrome": "monochrome",
    "isometric": "isometric",
    "claymation": "claymation",
    "watercolor": "watercolour",
    "watercolour": "watercolour",
    "fantasy": "fantasy",
    "sci-fi": "sci-fi",
}
"""Phrases that ask for a look of the whole picture."""

LOOKS = words(
    "lighting light lights color colors colour colours detail details quality resolution aesthetic "
    "aesthetics mood atmosphere vibe palette tone tones style design composition effect focus "
    "render rendering texture textures shading contrast shadows horror fantasy noir sci-fi genre "
    "perspective angle lens shot view exposure grain film art print engine realism concept "
    "rendered noise"
)
"""Nouns that name a look when they stand for themselves between commas."""

CLEAR_STYLES = words(
    "4k 8k hdr hd bokeh artstation deviantart photorealistic photo-realistic hyperrealistic "
    "hyper-realistic 35mm greyscale grayscale"
)
"""Styles that are never a property of one thing, wherever they stand."""

ORIENTATIONS = {
    "portrait orientation": "portrait",
    "portrait format": "portrait",
    "portrait mode": "portrait",
    "vertical format": "portrait",
    "vertical orientation": "portrait",
    "landscape orientation": "landscape",
    "landscape format": "landscape",
    "landscape mode": "landscape",
    "horizontal format": "landscape",
    "horizontal orientation": "landscape",
    "square format": "square",
    "square image": "square",
    "square picture": "square",
    "square photo": "square",
}
BRIGHTNESS = {
    "dark": "dark",
    "dim": "dark",
    "low-key": "dark",
    "underexposed": "dark",
    "bright": "bright",
    "high-key": "bright",
    "overexposed": "bright",
}
"""Before a medium (``a dark photo``) these describe the picture, not a thing in it."""

PLACES = words(
    "beach forest jungle city street park kitchen desert mountain mountains field meadow garden "
    "sky ocean sea lake river room bedroom bathroom living-room office library museum restaurant "
    "cafe bar classroom school hospital airport station harbor harbour farm barn zoo backyard "
    "yard countryside village town road highway sidewalk snow rain fog storm water underwater "
    "space moon mars stadium gym pool playground supermarket store market church castle cave "
    "island canyon valley hill hillside cliff waterfall swamp savanna savannah grassland pasture "
    "outdoors indoors studio alley subway garage attic basement courtyard plaza woods wilderness "
    "rainforest tundra vineyard orchard graveyard "
    "aquarium circus theater theatre lobby hallway corridor party wedding picnic"
)
COMPOUND_PLACES = {"living room", "dining room", "parking lot", "swimming pool", "train station"}
TIMES = words(
    "night day sunset sunrise dusk dawn midnight noon evening morning afternoon winter summer "
    "autumn fall spring twilight daytime nighttime rain snow fog storm moonlight sunlight "
    "daylight christmas halloween rainstorm snowstorm thunderstorm blizzard"
)
LONE_SCENES = words(
    "underwater outdoors indoors outside sunset sunrise nighttime daytime midnight outdoor indoor"
)
WHOLE_PICTURE = words("background backdrop")
"""Claims about these describe the picture behind everything else."""
