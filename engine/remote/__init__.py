"""Models on servers that speak OpenAI's API. Nothing here runs unless the user has configured a server."""
