//! Complaints as they come, as they should not come, and as we write them ourselves.

mod hostile;
mod own;
mod samples;
mod sparse;
