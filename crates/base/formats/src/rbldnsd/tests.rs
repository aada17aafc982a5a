//! Lines as the manual of rbldnsd gives them, and lines that are wrong.
