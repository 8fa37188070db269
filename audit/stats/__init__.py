"""Numbers in, numbers out: bets against a declared draw, exact tests beside them, and what data could have shown."""
