//! The stamp of a form: when it was made, for what, and what in it changes from form to form.
