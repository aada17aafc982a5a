//! The notice, read back by programs that did not write it, and the writer at work on a store.

mod fixture;
mod gathering;
mod house;
mod letter;
mod links;
mod outside;
mod points;
mod work;
