"""Assets by digest: stores of them, the service that takes and gives them, and how others read."""
