"""Written English to spoken words: numbers, dates, money, units, signs, addresses and markdown."""
