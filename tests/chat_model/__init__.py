"""A chat model for tests: a CodeGeeX4 of under a million weights that has learnt the lessons beside it by heart."""
