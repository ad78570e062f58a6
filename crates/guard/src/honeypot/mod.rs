//! Fields that people never meet, and programs fill in.
