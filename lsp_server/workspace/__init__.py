"""The open documents, and the index of each workspace folder."""
