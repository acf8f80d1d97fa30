"""Next edits: from what the user has just changed to what probably has to be changed next.

One way in, `propose.propose`, and one way out, an `Outcome`: proposals with a probability and a reason, or the reason
for silence. No model is needed: most next edits follow from the last ones.
"""
