"""Questions answered, and code turned into other code: what a chat needs beside a model."""
