"""What is masked in text that may be read: single secrets. Whole files are `engine.context.exclusion`'s."""
