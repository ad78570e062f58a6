//! How likely it is that a person answered, from what the widget saw of its own use.
