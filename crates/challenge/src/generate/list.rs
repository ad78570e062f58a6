/// Common English nouns of four to eight letters, in the order of the alphabet, that nobody minds being shown.
pub(super) const WORDS: &str = "\
acorn actor album alley amber anchor animal ankle answer apple apricot apron arch arena armchair arrow artist \
atlas attic author autumn avenue badge bagel baker balcony ball balloon bamboo banana band bangle banjo bank \
banner barn barrel basin basket bath beach beacon bead beaker bean bear beard beaver bedroom beech beetle bell \
bench berry bicycle birch bird biscuit blanket blazer blender blossom blouse board boat bobbin bonnet book \
boot border bottle boulder bouquet bowl bracelet branch bread breeze brick bridge broccoli brook broom brother \
brush bubble bucket buckle buffalo builder bundle burrow bush butter button cabbage cabin cabinet cable cactus \
cake calendar camel camera camp canal canary candle canoe canvas canyon caravan cardigan carpet carriage \
carrot cart cashew castle cattle cave cedar ceiling celery cello centre cereal chair chalk channel chapel \
chapter cheese cherry chest chestnut chicken chimney circle circus city clarinet clay clerk cliff clock cloth \
cloud clover coach coast cobbler coconut coffee coin collar colour comb comet compass concert cookie copper \
coral cork corner cottage cotton couch country cousin cradle crane crater crayon cream creek cricket crocus \
crow crown crystal cupboard curtain cushion cymbal dairy daisy damson dance dancer dancing dawn deer desert \
desk dessert diamond diary dinner doctor dolphin donkey door doorway dove dragon drawer dream dress drum duck \
dune eagle earring easel echo elbow elephant elevator emerald engine entrance envelope evening fabric factory \
falcon family farm farmer feather fence fender fern ferry fiddle field finger fire fish flag flame flannel \
flask flight flock floor flour flower flute foal folder forest fork fossil fountain fraction frame freckle \
friend frost fruit funnel gallery gander garage garden garlic garment garnet gate gazelle geyser giant ginger \
giraffe glacier glass glove goat goblet goggles gold goose gorge granite grape grass gravel grocer guitar gull \
gutter hall hamlet hammer hammock hamster handle harbour harp harvest hatch hazel hearth heather hedge \
hedgehog heel helmet heron herring highway hill hinge hobby hockey holiday holly honey hood hoof horizon horn \
horse hotel house husky iceberg icicle igloo insect iris iron island ivory jacket jaguar jasmine jelly jersey \
jewel jigsaw jockey journal journey judge juggler juice jungle juniper kennel kettle keyboard kingdom kitchen \
kite kitten kiwi knee knight knot ladder lagoon lake lamb lamp lantern larch lark laundry lavender lawn leaf \
leather lemon lens leopard letter lettuce library lighter lilac lily linen lion lizard llama lobby lobster \
locket lodge loft luggage lumber lunch lupin machine magazine magnet magpie mallet mango mansion maple marble \
margin marigold marina market marmot marrow marsh mattress meadow medal melody melon mention message metal \
meteor midnight mill miller mineral mirror mitten monkey monsoon month moon moose morning mosaic moss moth \
mother motor mountain mouse muffin mulberry muscle museum mushroom music mustard napkin needle nephew nest \
nettle nickel night noodle north notebook nougat number nursery nutmeg oasis ocean octopus office olive onion \
opera orange orbit orchard orchid ostrich otter oven oxygen oyster package paddle page painter palace palm \
panda pansy panther papaya paper parade parcel parent park parrot parsley parsnip party pasta pastry path \
pavement peach peacock peanut pear pearl pebble pedal pelican pencil penguin pepper perfume petal phone piano \
pickle picnic picture pigeon pillow pilot pine pirate pitcher planet plank plant plaster plate platform plaza \
plum pocket poem poet polish pond pony poplar poppy porch port postcard potato pottery powder prairie present \
prince printer prism puddle puffin pumpkin puppet puppy purse puzzle pyramid quarry quartz queen question \
quilt quiver rabbit radar radio radish raft railway rain rainbow raisin ranch raven recipe record reed reef \
reindeer ribbon rice riddle ridge ring river road robin robot rock rocket roof room rooster root rope rose \
rowan ruby rudder runner saddle saffron sail sailor salad salmon salt sandal sandwich sapphire satchel saucer \
scarf school science scissors scooter seagull season seed shadow shawl sheep shelf shell shelter shepherd ship \
shirt shoe shop shore shoulder shovel shower signal silk silver singer sister skate sketch skirt sleeve \
slipper smile snail snow soap sofa soldier song sparrow spice spider spinach sponge spoon spring sprout spruce \
square squash squirrel stable stadium stair stamp star starfish station statue steam stem stone stool storm \
story stove straw stream street student sugar suitcase summer summit sunrise sunset sunshine surface swallow \
swan sweater swing symbol table tailor talent target teacher teapot temple tennis tent terrace theatre thimble \
thistle thread throne thumb ticket tiger timber toast toffee tomato tongue toolbox tooth topaz torch tortoise \
toucan towel tower town tractor trade trail train tram travel treasure tree triangle trolley trombone trout \
trumpet trunk tulip tundra tunnel turkey turnip turtle twig umbrella uncle unicorn uniform universe vacation \
valley vanilla vase velvet veranda vessel village vine vinegar violet violin visitor voice volcano voyage \
waffle wagon waiter wallet walnut walrus wardrobe water waterway weather weaver whale wheat wheel whisker \
whistle willow window winter wizard wombat wonder wood wool workshop wren wrist writer yacht yard yarn year \
yoghurt zebra zipper";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_lower_case_different_and_plentiful() {
        let words: Vec<_> = WORDS.split(' ').collect();
        assert!(words.len() > 500, "{}", words.len());
        assert!(
            words
                .iter()
                .all(|word| word.bytes().all(|b| b.is_ascii_lowercase()))
        );
        let different: std::collections::BTreeSet<_> = words.iter().collect();
        assert_eq!(different.len(), words.len());
    }
}
