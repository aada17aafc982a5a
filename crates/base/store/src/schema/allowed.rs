//! The order of the allow list.

/// Addresses stand beside the prefix as they do beside listings. Entries of an older program get theirs when the store is opened: no database parses
/// addresses.
pub(super) const ALLOWED_BY_ADDRESS: &[&str] = &[
    "ALTER TABLE allowed ADD COLUMN first_address {bytes}",
    "ALTER TABLE allowed ADD COLUMN last_address {bytes}",
    "CREATE INDEX allowed_by_address ON allowed (first_address, prefix)",
];
