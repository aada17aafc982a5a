//! Which classes a zone holds.

use atalaya_model::Class;

/// Some of the classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Classes(u8);

impl Classes {
    /// All of them: the combined zone.
    pub(crate) const ALL: Self = Self(u8::MAX);

    /// Whether a class is among them.
    pub(crate) fn has(self, class: Class) -> bool {
        self.0 & 1_u8.wrapping_shl(class as u32) != 0
    }
}
