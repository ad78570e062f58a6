//! The fields of a form, however it was sent: in the query string's form, as multipart, as JSON.
