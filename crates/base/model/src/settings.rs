//! How a crate declares its section of the configuration: one place for name, type, default and manual.
//!
//! [`settings!`](crate::settings!) makes a struct that serde can read, with `Default`, with unknown keys refused, and with the doc
//! comments kept as text. The commented example file and the reference page are printed from them, so that adding an option
//! edits one place only.
//!
//! ```
//! atalaya_model::settings! {
//!     /// The oven.
//!     pub struct OvenConfig {
//!         /// How hot it gets, in degrees Celsius.
//!         temperature: u32 = 180,
//!         /// Who may open it; nobody when absent.
//!         owner: Option<String> = None => "\"alice\"",
//!         /// The light inside.
//!         light: LightConfig,
//!     }
//! }
//! atalaya_model::settings! {
//!     /// The light.
//!     pub struct LightConfig {
//!         /// Whether it shines.
//!         on: bool = true,
//!     }
//! }
//! use atalaya_model::settings::Settings;
//! assert_eq!(OvenConfig::default().light.on, true);
//! assert_eq!(OvenConfig::fields()[0].manual, "How hot it gets, in degrees Celsius.");
//! ```

/// What is known of one option, for the example file, the reference and the check of unknown keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The key.
    pub name: &'static str,
    /// The doc comment, lines joined by a line feed.
    pub manual: String,
    /// What to show in the example file where there is no default.
    pub example: Option<&'static str>,
    /// The options inside, where this one is a section.
    pub section: Option<Vec<Self>>,
}

/// A section of the configuration.
pub trait Settings: Default {
    /// Its options, in the order in which they were declared.
    fn fields() -> Vec<Field>;
}

/// Joins the lines of a doc comment as the macro captures them.
#[must_use]
pub fn manual(lines: &[&str]) -> String {
    lines
        .iter()
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Declares a section of the configuration. See the [module](mod@crate::settings).
#[macro_export]
macro_rules! settings {
    (
        $(#[doc = $about:literal])*
        pub struct $name:ident {
            $(
                $(#[doc = $manual:literal])*
                $field:ident: $type:ty $(= $default:expr)? $(=> $example:literal)?
            ),+ $(,)?
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, PartialEq, ::serde::Serialize, ::serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $( $(#[doc = $manual])* pub $field: $type ),+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $( $field: $crate::settings!(@default $($default)?) ),+ }
            }
        }

        impl $crate::settings::Settings for $name {
            fn fields() -> Vec<$crate::settings::Field> {
                vec![ $( $crate::settings::Field {
                    name: stringify!($field),
                    manual: $crate::settings::manual(&[ $($manual),* ]),
                    example: $crate::settings!(@example $($example)?),
                    section: $crate::settings!(@section $type $(= $default)?),
                } ),+ ]
            }
        }
    };
    (@default $default:expr) => { $default };
    (@default) => { Default::default() };
    (@example $example:literal) => { Some($example) };
    (@example) => { None };
    (@section $type:ty = $default:expr) => { None };
    (@section $type:ty) => { Some(<$type as $crate::settings::Settings>::fields()) };
}
