"""The project's own artifact model: made damage, a small network, its training and its export.

``python models/training NAME …`` runs one part of it; ``docs/training.md`` says how they belong
together. Only the network, its training and its export need torch.
"""
