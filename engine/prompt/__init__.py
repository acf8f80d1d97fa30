"""Templates per model family, the token budget, and their assembly into token ids."""
