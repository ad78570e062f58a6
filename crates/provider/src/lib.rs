//! Verifies response tokens, whoever issued them.
