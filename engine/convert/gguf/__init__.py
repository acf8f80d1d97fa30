"""GGUF files as checkpoints: what llama.cpp and its relatives store, under the names that the converter knows."""
