"""What a target of a given size bears, fitted from runs, checked on another, projected to a fleet."""
