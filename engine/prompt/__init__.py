"""Prompts: the templates of each model family, completion, chat and translation, the token budget, token ids."""
