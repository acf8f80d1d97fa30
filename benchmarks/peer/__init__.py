"""Side by side with llama.cpp: the same weights, the same threads, turn by turn in one run. `make bench-peer`."""
