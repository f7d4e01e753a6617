"""What a machine bears, fitted from runs, checked on another, projected to a fleet."""
