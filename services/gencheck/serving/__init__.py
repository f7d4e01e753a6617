"""The gRPC host: how calls come in and go out."""
