"""Models on servers that speak OpenAI's API. Nothing here runs unless a person named one."""
