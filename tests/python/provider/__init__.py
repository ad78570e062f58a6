"""The verifier from Python."""
