//! The cattlegrid server.
