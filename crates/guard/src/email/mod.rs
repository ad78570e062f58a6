//! Whether an address of e-mail is its owner's.
