"""Those with OpenAI's API."""
