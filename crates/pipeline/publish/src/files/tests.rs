//! Datasets and zones without files.
