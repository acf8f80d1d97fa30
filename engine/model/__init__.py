"""Models and tokenizers behind two protocols; `folder` describes a model, `ctranslate` runs it."""
