"""What both commands that simulate a courier say of its leakers."""

LEAKERS = (
    "Who sells: clerk, wide, channel, colluders, outlet, nobody, lister; hiding: shared, framer, chooser or to-order."
)
